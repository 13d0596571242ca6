import type { Revocation } from '@auth-pair/access-token/pair'
import { createRecent } from './recent.ts'

const start = 1_800_000_000_000
let clock = start
const recentWith = (...entries: Revocation[]) => {
  clock = start
  const recent = createRecent({ tokenLifeMs: 360_000, now: () => clock })
  recent.add(entries)
  return recent
}
const session = (sessionId: string, more: Partial<Revocation> = {}): Revocation => ({
  userId: 'ada',
  sessionId,
  at: start,
  until: start + 360_000,
  ...more,
})
const namesOf = (entries: Revocation[]) => entries.map(({ sessionId, before }) => sessionId ?? `before ${before}`)

describe('the entries that services are told', () => {
  test('say something new once, and once more when they have got their number', () => {
    const recent = recentWith()
    expect(recent.add([session('a')])).toHaveLength(1)
    expect(recent.add([session('a')])).toEqual([])
    expect(recent.add([session('a', { seq: 3 })])).toEqual([session('a', { seq: 3 })])
    expect(recent.add([session('a', { seq: 3 }), session('a')])).toEqual([])
  })

  test('matter for as long as an access token lives, those of users too', () => {
    const recent = recentWith({ userId: 'ada', before: 5, seq: 1, at: start, until: start + 2_592_000_000 })
    expect(recent.after(Number.NaN)).toEqual([{ userId: 'ada', before: 5, seq: 1, at: start, until: start + 360_000 }])
    clock += 360_000
    expect(recent.after(Number.NaN)).toEqual([])
    expect(recent.add([session('old')])).toEqual([])
  })

  test('after a number are those that came later, those near it, and those without a number', () => {
    const recent = recentWith(
      session('long before', { seq: 1, at: start - 20_000 }),
      session('visible late', { seq: 5, at: start - 1000 }),
      session('last', { seq: 7 }),
      session('later', { seq: 8, at: start + 1 }),
      session('not recorded yet'),
    )
    expect(namesOf(recent.after(7))).toEqual(['visible late', 'last', 'later', 'not recorded yet'])
    expect(namesOf(recent.after(1))).toHaveLength(5)
  })

  test('are all of them, in order, when the number is not known any more', () => {
    const recent = recentWith(session('b', { seq: 2 }), session('c'), session('a', { seq: 1 }))
    expect(namesOf(recent.after(99))).toEqual(['a', 'b', 'c'])
    clock += 360_000
    recent.prune()
    expect(recent.after(99)).toEqual([])
  })
})
