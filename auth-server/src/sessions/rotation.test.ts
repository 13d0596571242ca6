import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { testRedis } from '../testing/index.ts'
import type { SessionPolicy } from './session-policy.ts'
import { createSessionStore, type Rotation } from './session-store.ts'

const second = 1000
const grace = 30 * second
const policy: SessionPolicy = { idleMs: 3600 * second, lifeMs: 7200 * second, graceMs: grace, maxPerUser: 100 }
const start = 1_800_000_000_000

const redis = testRedis()
let clock = start
const store = createSessionStore({ redis, policy, now: () => clock })
afterAll(() => redis.disconnect())

/** The rules of a turn in the words of the design, and nothing of the script's. */
class Model {
  next = 1
  current: number | undefined
  retired: number | undefined
  turnedAt = Number.NEGATIVE_INFINITY
  usedAt: number
  over = false
  reused = false
  readonly openedAt: number

  constructor(now: number) {
    this.openedAt = now
    this.usedAt = now
  }

  get endsAt(): number {
    return Math.min(this.usedAt + policy.idleMs, this.openedAt + policy.lifeMs)
  }

  present(generation: number, now: number): Rotation {
    if (this.over || now >= this.endsAt) {
      this.over = true
      return { kind: 'ended' }
    }
    // whoever asks again may not have got the answer
    if (this.reused) return { kind: 'reused' }
    const known = [this.next, this.current, this.retired]
    if (generation > this.next) return this.turn(now, { current: generation, retired: undefined, next: generation + 1 })
    if (now < this.turnedAt + policy.graceMs && known.includes(generation)) return this.answer(now)
    if (generation === this.next)
      return this.turn(now, { retired: this.current, current: this.next, next: this.next + 1 })
    if (generation === this.current) return this.turn(now, { retired: this.next, next: this.next + 1 })
    this.reused = true
    return { kind: 'reused' }
  }

  private turn(now: number, change: Partial<Pick<Model, 'next' | 'current' | 'retired'>>): Rotation {
    Object.assign(this, change)
    this.turnedAt = now
    this.usedAt = now
    return this.answer(now)
  }

  private answer(now: number): Rotation {
    return { kind: 'rotated', generation: this.next, endsAt: this.endsAt, now }
  }
}

/**
 * A step of an interleaving. `back` picks the token that is presented, counted from the newest: 0 is the one just handed out,
 * 1 the one in a cookie whose reply was lost or overtaken, and more what a thief or a straggler holds.
 */
const step = fc.record({
  wait: fc.oneof(
    { arbitrary: fc.constantFrom(0, 1, grace - 1, grace, grace + 1), weight: 8 },
    { arbitrary: fc.nat({ max: 2 * grace }), weight: 4 },
    { arbitrary: fc.constantFrom(policy.idleMs - 1, policy.idleMs, policy.lifeMs / 2), weight: 1 },
  ),
  back: fc.oneof(
    { arbitrary: fc.nat({ max: 2 }), weight: 8 },
    { arbitrary: fc.integer({ min: -3, max: 6 }), weight: 2 },
  ),
  repeats: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.constant(2), weight: 1 }),
})

describe('the turn of a refresh token', () => {
  test('follows the rules in any interleaving of refreshes, repeats, lost replies, late cookies, theft and time', async () => {
    const seen: Record<string, number> = {}
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async steps => {
        clock = start
        const [user, session] = [randomUUID(), 'A'.repeat(22)]
        await store.open(user, session, '- test')
        const model = new Model(clock)
        for (const { wait, back, repeats } of steps) {
          clock += wait
          const generation = Math.max(0, model.next - back)
          for (let i = 0; i <= repeats; i++) {
            const expected = model.present(generation, clock)
            const looked = await store.look(user, session, generation)
            expect(await store.rotate(user, session, generation)).toEqual(expected)
            // looking tells what the turn then answers, and changes nothing of it
            expect(looked !== undefined).toBe(expected.kind === 'rotated')
            seen[expected.kind] = (seen[expected.kind] ?? 0) + 1
          }
        }
      }),
      { numRuns: process.env.TEST_REDIS_URL ? 5000 : 1000 },
    )
    // the interleavings met every outcome
    expect(Object.keys(seen).sort()).toEqual(['ended', 'reused', 'rotated'])
  }, 120_000)

  test('never ends the session of tabs that share a cookie jar, whatever is lost or late', async () => {
    // each expiry of the access token, every tab asks; requests and replies take up to 9 s each way, and replies get lost
    const request = fc.record({
      sentAfter: fc.nat({ max: 5000 }),
      out: fc.nat({ max: 9000 }),
      back: fc.nat({ max: 9000 }),
      lost: fc.boolean(),
    })
    const cycles = fc.array(fc.array(request, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(cycles, async expiries => {
        clock = start
        const [user, session] = [randomUUID(), 'A'.repeat(22)]
        await store.open(user, session, '- test')
        let jar = 1
        for (const [cycle, requests] of expiries.entries()) {
          const began = start + (cycle + 1) * 300 * second
          const events = requests.flatMap(request => {
            const { sentAfter, out, back, lost } = request
            const carried = { request: 0, reply: 0 }
            const sent = began + sentAfter
            const take = {
              at: sent,
              order: 0,
              run: async () => {
                carried.request = jar
              },
            }
            const decide = {
              at: sent + out,
              order: 1,
              run: async () => {
                const rotation = await store.rotate(user, session, carried.request)
                if (rotation.kind !== 'rotated') throw new Error(`an honest session was ${rotation.kind}`)
                carried.reply = rotation.generation
              },
            }
            const arrive = {
              at: sent + out + back,
              order: 2,
              run: async () => {
                jar = carried.reply
              },
            }
            return lost ? [take, decide] : [take, decide, arrive]
          })
          for (const { at, run } of events.sort((a, b) => a.at - b.at || a.order - b.order)) {
            clock = at
            await run()
          }
        }
      }),
      { numRuns: 500 },
    )
  }, 120_000)
})

describe('a session', () => {
  const opened = async () => {
    clock = start
    const [user, session] = [randomUUID(), 'A'.repeat(22)]
    await store.open(user, session, '- test')
    return {
      user,
      session,
      after: (ms: number, generation: number) => {
        clock += ms
        return store.rotate(user, session, generation)
      },
    }
  }

  test('of a thief and an owner who take turns ends at the third turn', async () => {
    const { after, user, session } = await opened()
    expect(await after(grace, 1)).toMatchObject({ generation: 2 })
    // both hold 2 from here on
    expect(await after(grace, 2)).toMatchObject({ generation: 3 })
    expect(await after(grace, 2)).toMatchObject({ generation: 4 })
    expect(await after(grace, 3)).toEqual({ kind: 'reused' })
    // an answer may get lost: it stays the same, for every token, until the session is removed
    for (const generation of [4, 3, 9]) expect(await after(0, generation)).toEqual({ kind: 'reused' })
    expect(await store.list(user)).toEqual([])
    await store.end(user, session)
    expect(await after(0, 4)).toEqual({ kind: 'ended' })
  })

  test('survives the loss of Redis writes: a generation from the future is believed', async () => {
    const { after } = await opened()
    expect(await after(0, 7)).toMatchObject({ kind: 'rotated', generation: 8 })
    expect(await after(grace, 8)).toMatchObject({ kind: 'rotated', generation: 9 })
    expect(await after(grace, 6)).toEqual({ kind: 'reused' })
  })

  test('does not accept generation 0, which stands for none', async () => {
    const { after } = await opened()
    expect(await after(0, 0)).toEqual({ kind: 'reused' })
  })

  test('ends when it is idle too long, and when it is too old however much it is used', async () => {
    const idle = await opened()
    expect(await idle.after(policy.idleMs, 1)).toEqual({ kind: 'ended' })
    const old = await opened()
    let generation = 1
    for (let used = 0; used < policy.lifeMs - 600 * second; used += 600 * second) {
      const rotation = await old.after(600 * second, generation)
      if (rotation.kind !== 'rotated') throw new Error(`was ${rotation.kind} after ${used} ms`)
      generation = rotation.generation
      expect(rotation.endsAt).toBe(Math.min(clock + policy.idleMs, start + policy.lifeMs))
    }
    expect(await old.after(600 * second, generation)).toEqual({ kind: 'ended' })
  })

  test('settles longer, and nothing worse, when the clock steps back', async () => {
    const { after } = await opened()
    expect(await after(grace, 1)).toMatchObject({ generation: 2 })
    for (const generation of [1, 2]) expect(await after(-3600 * second, generation)).toMatchObject({ generation: 2 })
  })

  test('leaves nothing behind but its hash, and that only as long as it can live', async () => {
    const { user, after } = await opened()
    await after(grace, 1)
    const key = `sessions:{${user}}`
    expect(await redis.hgetall(key)).toEqual({
      ['A'.repeat(22)]: `2 1 0 ${start + grace} ${start}`,
      '.AAAAAAAA': '- test',
    })
    const ttl = await redis.pttl(key)
    expect(ttl).toBeGreaterThan(policy.idleMs - 10 * second)
    expect(ttl).toBeLessThanOrEqual(policy.idleMs)
  })
})

describe('opening sessions', () => {
  test('beyond the most of a user, the oldest makes room', async () => {
    clock = start
    const user = randomUUID()
    const few = createSessionStore({ redis, policy: { ...policy, maxPerUser: 3 }, now: () => clock })
    for (const id of ['a', 'b', 'c']) {
      clock += 1
      expect((await few.open(user, id, '- test')).evicted).toEqual([])
    }
    clock += 1
    expect(await few.open(user, 'd', '- test')).toEqual({ endsAt: clock + policy.idleMs, now: clock, evicted: ['a'] })
    expect(Object.keys(await redis.hgetall(`sessions:{${user}}`)).sort()).toEqual(['.b', '.c', '.d', 'b', 'c', 'd'])
  })

  test('sent again changes nothing', async () => {
    clock = start
    const user = randomUUID()
    await store.open(user, 'a', '- test')
    clock += 5
    await store.rotate(user, 'a', 1)
    const before = await redis.hgetall(`sessions:{${user}}`)
    expect((await store.open(user, 'a', '- test')).endsAt).toBe(clock + policy.idleMs)
    expect(await redis.hgetall(`sessions:{${user}}`)).toEqual(before)
  })

  test('sessions that have ended make room first', async () => {
    clock = start
    const user = randomUUID()
    await store.open(user, 'old', '- test')
    clock += policy.idleMs
    expect((await store.open(user, 'new', '- test')).evicted).toEqual([])
    expect(Object.keys(await redis.hgetall(`sessions:{${user}}`))).toEqual(['new', '.new'])
  })

  test('two hundred at once leave a hundred', async () => {
    const user = randomUUID()
    const plain = createSessionStore({ redis, policy })
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => plain.open(user, `session-${i}`, '- test')))
    expect(await redis.hlen(`sessions:{${user}}`)).toBe(200)
    expect(await plain.list(user)).toHaveLength(100)
    expect(answers.flatMap(({ evicted }) => evicted)).toHaveLength(100)
  })
})

test('without a handed clock, Redis tells the time', async () => {
  const user = randomUUID()
  const plain = createSessionStore({ redis, policy })
  const [seconds, microseconds] = await redis.time()
  const { now, endsAt } = await plain.open(user, 'a', '- test')
  const before = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
  expect(now - before).toBeGreaterThanOrEqual(0)
  expect(now - before).toBeLessThan(10_000)
  expect(endsAt).toBe(now + policy.idleMs)
  expect(await plain.rotate(user, 'a', 1)).toMatchObject({ kind: 'rotated', generation: 2 })
})
