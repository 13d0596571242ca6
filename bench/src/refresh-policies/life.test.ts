import { createAgenda } from './agenda.ts'
import { play } from './contenders.ts'
import type { Traffic } from './habits.ts'
import { liveSession } from './life.ts'
import { createRandom } from './random.ts'
import { type Presented, strictRotation } from './rules.ts'

const s = 1000
const prompt: Traffic = { tabs: 1, lost: 0, replyMs: 300, spreadMs: 5 * s }
const late: Traffic = { tabs: 20, lost: 0.05, replyMs: 9 * s, spreadMs: 5 * s }

type Needs = Partial<Parameters<typeof liveSession>[0]>

/** All that a life presents to a server that answers every request with a new token. */
const lived = (needs: Needs = {}, seed = 1): Presented[] => {
  const seen: Presented[] = []
  let newest = 1
  play(liveSession({ traffic: prompt, random: createRandom(seed), cycles: 20, ...needs }), presented => {
    seen.push(presented)
    return { kind: 'rotated', token: ++newest }
  })
  return seen
}

const tokens = (seen: readonly Presented[]) => seen.map(({ token }) => token)
const pauses = (seen: readonly Presented[]) => seen.slice(1).map(({ at }, i) => at - (seen[i]?.at ?? 0))

describe('an owner', () => {
  test('with one tab and no trouble presents each token once, soon after each expiry', () => {
    const seen = lived()
    expect(tokens(seen)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    for (const pause of pauses(seen)) {
      expect(pause).toBeGreaterThanOrEqual(300 * s + 10)
      expect(pause).toBeLessThanOrEqual(305 * s + 300)
    }
  })

  test('with many tabs refreshes in every one of them, close together, at each expiry', () => {
    const seen = lived({ traffic: late, cycles: 3 })
    expect(seen).toHaveLength(60)
    for (const from of [0, 20, 40]) {
      const cycle = seen.slice(from, from + 20)
      expect((cycle.at(-1)?.at ?? 0) - (cycle[0]?.at ?? 0)).toBeLessThanOrEqual(5 * s + 300)
    }
  })

  test('whose replies get lost presents the same token at the next expiry', () => {
    const seen = lived({ traffic: { ...prompt, lost: 1 }, cycles: 4 })
    expect(tokens(seen)).toEqual([1, 1, 1, 1])
    for (const pause of pauses(seen)) expect(Math.abs(pause - 300 * s)).toBeLessThanOrEqual(5 * s + 300)
  })

  test('who asks again after a lost reply does so in the time that was said', () => {
    const traffic: Traffic = { ...prompt, lost: 0.5, againMs: [15 * s, 45 * s] }
    const seen = lived({ traffic })
    const again = pauses(seen).filter((_, i) => seen[i]?.token === seen[i + 1]?.token)
    expect(again.length).toBeGreaterThan(5)
    for (const pause of again) {
      expect(pause).toBeGreaterThanOrEqual(15 * s)
      expect(pause).toBeLessThanOrEqual(45 * s + 300)
    }
  })

  test('loses the share of replies that was said', () => {
    const seen = lived({ traffic: { ...prompt, lost: 0.05 }, cycles: 4000 })
    const repeated = seen.filter(({ token }, i) => token === seen[i - 1]?.token).length
    expect(repeated / 4000).toBeGreaterThan(0.035)
    expect(repeated / 4000).toBeLessThan(0.065)
  })

  test('whose replies are late is told of them in the time that was said, and a newer token may be overwritten', () => {
    const lines: string[] = []
    lived({ traffic: late, trace: line => lines.push(line) })
    const gaveAt: Record<string, number> = {}
    const delays: number[] = []
    let overwritten = 0
    for (const line of lines) {
      const [, given = ''] = /gets (\d+)/.exec(line) ?? []
      gaveAt[given] = Number.parseFloat(line)
      const [, reply = '', held] = /with (\d+) reaches .* over (\d+)/.exec(line) ?? []
      if (reply === '') continue
      delays.push(Number.parseFloat(line) - (gaveAt[reply] ?? Number.NaN))
      if (Number(reply) < Number(held)) overwritten++
    }
    expect(Math.max(...delays)).toBeGreaterThan(8.5)
    expect(Math.max(...delays)).toBeLessThanOrEqual(9.001)
    expect(overwritten).toBeGreaterThan(0)
  })

  test('is ended at the first reuse, and it is told who presented what', () => {
    const death = play(
      liveSession({ traffic: { ...prompt, lost: 1 }, random: createRandom(1), cycles: 20 }),
      strictRotation(),
    )
    expect(death).toMatchObject({ by: 'tab 1', token: 1 })
    expect(death?.at).toBeGreaterThan(600 * s)
    expect(death?.at).toBeLessThan(612 * s)
  })
})

describe('a thief', () => {
  const copiesAt = 1000 * s
  const stolen = (begins: 'at once' | 'a life later' | 'at expiry') => {
    const lines: string[] = []
    const until = copiesAt + 7200 * s
    lived({
      cycles: Number.POSITIVE_INFINITY,
      until,
      thief: { copiesAt, begins, spreadMs: 0 },
      trace: l => lines.push(l),
    })
    const times = lines.filter(line => line.includes('the thief presents')).map(line => Number.parseFloat(line))
    return { lines, times }
  }

  test('who begins at once uses the token of the jar at that time, and then refreshes at each expiry of his own', () => {
    const { lines, times } = stolen('at once')
    const copied = /copies (\d+)/.exec(lines.find(line => line.includes('copies')) ?? '')?.[1]
    expect(lines.find(line => line.includes('the thief presents'))).toContain(`presents ${copied},`)
    expect(times[0]).toBeGreaterThan(1000)
    expect(times[0]).toBeLessThan(1000.4)
    expect(times).toHaveLength(24)
    for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] ?? 0)).toBeCloseTo(300.2, 0)
  })

  test('who waits for the life of a token, or for the expiry of the copied one, begins then', () => {
    expect(stolen('a life later').times[0]).toBeCloseTo(1300.2, 0)
    const { lines, times } = stolen('at expiry')
    const before = lines.slice(
      0,
      lines.findIndex(line => line.includes('copies')),
    )
    const issued = Number.parseFloat(before.findLast(line => line.includes('tab 1 presents')) ?? '')
    expect(times[0]).toBeCloseTo(issued + 300.2, 0)
  })

  test('goes on with a jar of his own', () => {
    const told: Record<string, string> = {}
    let presented = 0
    for (const line of stolen('at once').lines) {
      const [, who = '', token] = /s {2}(.+) presents (\d+)/.exec(line) ?? []
      if (told[who] !== undefined) {
        expect(token).toBe(told[who])
        presented++
      }
      const [, reply = '', receiver = ''] = /with (\d+) reaches (.+), over/.exec(line) ?? []
      if (receiver !== '') told[receiver] = reply
    }
    // two of them for two hours, each after his first time
    expect(presented).toBeGreaterThan(45)
  })
})

describe('chance', () => {
  test('is determined by all of its seeds', () => {
    expect(lived({ traffic: late }, 7)).toEqual(lived({ traffic: late }, 7))
    const first = (...seeds: number[]) => createRandom(...seeds).between(0, 1e9)
    const draws = [
      first(1, 2, 3),
      first(1, 2, 4),
      first(1, 3, 3),
      first(2, 2, 3),
      first(2, 1, 3),
      first(2 ** 32 - 1, 2, 3),
    ]
    expect(new Set(draws).size).toBe(draws.length)
  })

  test('draws evenly, and both ends are met', () => {
    const counts = [0, 0, 0, 0]
    for (let run = 0; run < 8000; run++) {
      const drawn = createRandom(1, run).between(0, 3)
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200)
  })
})

test('an agenda is kept in the order of time, and then in that of planning', () => {
  const agenda = createAgenda<string>()
  for (const [at, entry] of [
    [5, 'a'],
    [3, 'b'],
    [5, 'c'],
    [1, 'd'],
    [3, 'e'],
  ] as const)
    agenda.add(at, entry)
  const order = Array.from({ length: 5 }, () => agenda.next()?.entry).join('')
  expect(order).toBe('dbeac')
  expect(agenda.next()).toBeUndefined()
})
