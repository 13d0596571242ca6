import fc from 'fast-check'
import { clockVerdict, pairVerdict } from './check-clocks.ts'
import { aheadOf, between, certain } from './clock.ts'

describe('the clock of a server', () => {
  test('is never taken for further off than it is, and is known to a second and the time on the way', () => {
    const trip = fc.record({ pause: fc.nat(1000), there: fc.nat(3000), back: fc.nat(3000) })
    fc.assert(
      fc.property(fc.integer({ min: -1e7, max: 1e7 }), fc.array(trip, { minLength: 1 }), (ahead, trips) => {
        let now = 1_800_000_000_000
        const samples = trips.map(({ pause, there, back }) => {
          now += pause
          const sentAt = now
          const second = Math.floor((sentAt + there + ahead) / 1000) * 1000
          now += there + back
          return { second, sentAt, receivedAt: now }
        })
        const { from, to } = aheadOf(samples) ?? { from: Number.NaN, to: Number.NaN }
        expect(from).toBeLessThanOrEqual(ahead)
        expect(to).toBeGreaterThanOrEqual(ahead)
        expect(to - from).toBeLessThanOrEqual(1000 + Math.min(...trips.map(({ there, back }) => there + back)))
      }),
    )
  })

  test('without a sample is not known, and when it was set meanwhile, the last one counts', () => {
    expect(aheadOf([])).toBeUndefined()
    const samples = [
      { second: 50_000, sentAt: 0, receivedAt: 0 },
      { second: 2000, sentAt: 2000, receivedAt: 2100 },
    ]
    expect(aheadOf(samples)).toEqual({ from: -100, to: 1000 })
  })

  test.each([
    [0, 'ok'],
    [1999, 'ok'],
    [-2000, 'note'],
    [4999, 'note'],
    [5000, 'wrong'],
    [-5000, 'wrong'],
  ])('%d ms off is %s', (ms, level) => {
    const own = { from: ms, to: ms }
    const zero = { from: 0, to: 0 }
    expect([certain(own), certain(between(zero, own))]).toEqual([ms, 0 - ms])
    expect([clockVerdict(own, []).level, pairVerdict(own, zero).level]).toEqual([level, level])
  })

  test('that agrees with the others is not to blame: the machine of the doctor may be', () => {
    const hour = { from: 3_600_000, to: 3_600_900 }
    expect(clockVerdict(hour, [{ from: 3_600_100, to: 3_601_000 }])).toEqual({
      level: 'note',
      text: "Its clock is at least 3600.0 s ahead of this machine's. The servers agree among themselves: it is this machine's that is wrong, or all of theirs.",
    })
    expect(clockVerdict(hour, [{ from: 0, to: 0 }]).level).toBe('wrong')
    expect(clockVerdict(undefined, []).level).toBe('note')
  })
})
