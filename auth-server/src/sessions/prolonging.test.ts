import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { testRedis } from '../testing/index.ts'
import type { SessionPolicy } from './session-policy.ts'
import { createSessionStore } from './session-store.ts'

const second = 1000
const grace = 30 * second
const policy: SessionPolicy = { idleMs: 3600 * second, lifeMs: 7200 * second, graceMs: grace, maxPerUser: 100 }
const start = 1_800_000_000_000
const session = 'A'.repeat(22)

const redis = testRedis()
let clock = start
const store = createSessionStore({ redis, policy, now: () => clock })
afterAll(() => redis.disconnect())

const opened = async ({ isFixed = true } = {}) => {
  clock = start
  const user = randomUUID()
  const { endsAt } = await store.open(user, session, '- test', isFixed)
  expect(endsAt).toBe(start + policy.idleMs)
  const key = `sessions:{${user}}`
  return {
    user,
    key,
    stored: () => redis.hget(key, session),
    after: (ms: number) => {
      clock += ms
      return store.prolong(user, session)
    },
  }
}

describe('a session whose refresh token stays the same', () => {
  test('stands in Redis in the five numbers that servers of the version before read', async () => {
    const { user, key, stored, after } = await opened()
    expect(await redis.hgetall(key)).toEqual({ [session]: `1 1 0 0 ${start}`, '.AAAAAAAA': '- test' })
    await after(grace)
    expect(await redis.hgetall(key)).toEqual({ [session]: `1 1 0 ${start + grace} ${start}`, '.AAAAAAAA': '- test' })
    expect(await stored()).toMatch(/^(\d+) (\d+) (\d+) (\d+) (\d+)$/)
    const shown = { sessionId: session, family: session, about: '- test' }
    const times = { openedAt: start, usedAt: start + grace, endsAt: start + grace + policy.idleMs }
    expect(await store.list(user)).toEqual([{ ...shown, ...times, isFixed: true }])
    expect(await store.look(user, session, 1)).toEqual({ ...times, isChild: false })
  })

  test('counts as used at most once a settling time', async () => {
    const { stored, after } = await opened()
    for (const ms of [0, 1, grace - 2]) {
      expect(await after(ms)).toEqual({ endsAt: start + policy.idleMs, now: clock })
      expect(await stored()).toBe(`1 1 0 0 ${start}`)
    }
    expect(await after(1)).toEqual({ endsAt: clock + policy.idleMs, now: clock })
    const used = clock
    expect(await after(grace - 1)).toEqual({ endsAt: used + policy.idleMs, now: clock })
    expect(await stored()).toBe(`1 1 0 ${used} ${start}`)
    await after(1)
    expect(await stored()).toBe(`1 1 0 ${clock} ${start}`)
  })

  test('ends when it is idle too long, and leaves nothing', async () => {
    const { key, after } = await opened()
    expect(await after(policy.idleMs - 1)).toBeDefined()
    expect(await after(policy.idleMs)).toBeUndefined()
    expect(await redis.exists(key)).toBe(0)
  })

  test('ends when it is too old, however much it is used', async () => {
    const { key, after } = await opened()
    for (let age = 600 * second; age < policy.lifeMs; age += 600 * second) {
      const endsAt = Math.min(start + age + policy.idleMs, start + policy.lifeMs)
      expect(await after(600 * second)).toEqual({ endsAt, now: start + age })
      expect(await redis.pttl(key)).toBeLessThanOrEqual(policy.idleMs)
    }
    expect(await after(600 * second)).toBeUndefined()
    expect(await redis.exists(key)).toBe(0)
  })

  test('lives exactly as long as its use, its age and the limits say, in whatever order it is used', async () => {
    const waits = fc.oneof(
      { arbitrary: fc.constantFrom(0, 1, grace - 1, grace, grace + 1), weight: 6 },
      { arbitrary: fc.nat({ max: policy.idleMs }), weight: 3 },
      { arbitrary: fc.constantFrom(policy.idleMs - 1, policy.idleMs), weight: 1 },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(waits, { minLength: 1, maxLength: 12 }), async steps => {
        const { user, after } = await opened()
        let usedAt = start
        let over = false
        for (const wait of steps) {
          const now = clock + wait
          over ||= now >= Math.min(usedAt + policy.idleMs, start + policy.lifeMs)
          if (now >= usedAt + grace) usedAt = now
          const endsAt = Math.min(usedAt + policy.idleMs, start + policy.lifeMs)
          // looked at beforehand: that says the same, and prolongs nothing
          clock = now
          expect((await store.look(user, session, 1)) === undefined).toBe(over)
          expect(await after(0)).toEqual(over ? undefined : { endsAt, now })
        }
      }),
      { numRuns: process.env.TEST_REDIS_URL ? 300 : 60 },
    )
  }, 60_000)

  test('lives on when the clock steps back', async () => {
    const { stored, after } = await opened()
    await after(grace)
    expect(await after(-3600 * second)).toEqual({ endsAt: start + grace + policy.idleMs, now: clock })
    expect(await stored()).toBe(`1 1 0 ${start + grace} ${start}`)
  })

  test('keeps the hash for as long as it can live', async () => {
    const { key, after } = await opened()
    await redis.pexpire(key, 60_000)
    await after(grace - 1)
    expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000)
    await after(1)
    expect(await redis.pttl(key)).toBeGreaterThan(policy.idleMs - 10 * second)
  })

  test('is not opened twice by an opening that is sent again', async () => {
    const { user, stored, after } = await opened()
    await after(grace)
    expect((await store.open(user, session, '- test', true)).endsAt).toBe(clock + policy.idleMs)
    expect(await stored()).toBe(`1 1 0 ${clock} ${start}`)
  })

  test('is none when it has ended, or never was', async () => {
    const { user, after } = await opened()
    await store.endFamily(user, session)
    expect(await after(0)).toBeUndefined()
    expect(await store.prolong(randomUUID(), session)).toBeUndefined()
  })
})

describe('a session whose refresh token turns', () => {
  test('is not prolonged without a turn, at whatever generation it is', async () => {
    const { user, stored, after } = await opened({ isFixed: false })
    for (let generation = 1; generation < 5; generation++) {
      const before = await stored()
      expect(await after(grace)).toBeUndefined()
      expect(await stored()).toBe(before)
      expect(await store.rotate(user, session, generation)).toMatchObject({ generation: generation + 1 })
      expect((await store.list(user)).map(({ isFixed }) => isFixed)).toEqual([false])
    }
  })

  test('that ended because a retired token came back stays over', async () => {
    const { user, stored, after } = await opened({ isFixed: false })
    await store.rotate(user, session, 0)
    expect(await stored()).toBe(`0 0 0 0 ${start}`)
    expect(await after(grace)).toBeUndefined()
    expect(await store.list(user)).toEqual([])
    expect(await store.rotate(user, session, 1)).toEqual({ kind: 'reused' })
  })
})

test('both kinds count towards the most of a user, and the oldest makes room', async () => {
  clock = start
  const user = randomUUID()
  const few = createSessionStore({ redis, policy: { ...policy, maxPerUser: 2 }, now: () => clock })
  const evicted = []
  for (const [i, isFixed] of [true, false, true, false].entries()) {
    clock += 1
    evicted.push((await few.open(user, `session-${i}`, '- test', isFixed)).evicted)
  }
  expect(evicted).toEqual([[], [], ['session-0'], ['session-1']])
  const shown = (await few.list(user)).map(({ sessionId, isFixed }) => `${sessionId} ${isFixed}`)
  expect(shown.sort()).toEqual(['session-2 true', 'session-3 false'])
})

test('without a handed clock, Redis tells the time', async () => {
  const user = randomUUID()
  const plain = createSessionStore({ redis, policy })
  const { endsAt, now } = await plain.open(user, session, '- test', true)
  const prolonged = await plain.prolong(user, session)
  expect(prolonged).toEqual({ endsAt, now: expect.any(Number) })
  expect(prolonged?.now).toBeGreaterThanOrEqual(now)
})
