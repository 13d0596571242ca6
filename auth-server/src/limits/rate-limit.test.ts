import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { memoryLog } from '@auth-pair/service/testing'
import { createRedis } from '../redis.ts'
import { testRedis } from '../testing/index.ts'
import { createRateLimit, type RateLimit } from './rate-limit.ts'

const redis = testRedis()
beforeAll(async () => {
  if (redis.status !== 'ready') await once(redis, 'ready')
})
afterAll(() => redis.disconnect())

/** How many of so many are taken at once. */
const taken = async (limit: RateLimit, key: string, attempts: number): Promise<number> => {
  const waits = await Promise.all(Array.from({ length: attempts }, () => limit.take(key)))
  return waits.filter(ms => ms === 0).length
}

describe('a limit in Redis', () => {
  test('gives as many at once as it has, and says when there is one again', async () => {
    const key = randomUUID()
    const limit = createRateLimit(redis, 'test', { count: 20, perS: 100_000 })
    expect(await taken(limit, key, 50)).toBe(20)
    const ms = await limit.take(key)
    expect(ms).toBeGreaterThan(4_900_000)
    expect(ms).toBeLessThanOrEqual(5_001_000)
    expect(await taken(limit, randomUUID(), 20)).toBe(20)
  })

  test('takes back what was given back, and never holds more than it has', async () => {
    const key = randomUUID()
    const limit = createRateLimit(redis, 'test', { count: 5, perS: 100_000 })
    await taken(limit, key, 5)
    expect(await limit.take(key)).toBeGreaterThan(0)
    await limit.giveBack(key)
    expect([await limit.take(key), await limit.take(key)]).toEqual([0, expect.any(Number)])
    for (let i = 0; i < 20; i++) await limit.giveBack(key)
    expect(await taken(limit, key, 20)).toBe(5)
  })

  test('gets them back evenly: there is no window at whose edge it gives twice as many', async () => {
    const key = randomUUID()
    const limit = createRateLimit(redis, 'test', { count: 20, perS: 2 })
    const began = performance.now()
    let count = 0
    for (let i = 0; i < 25; i++) if ((await limit.take(key)) === 0) count++
    // across what would be the edge of a window of two seconds
    while (performance.now() - began < 2_200) {
      if ((await limit.take(key)) === 0) count++
      await wait(20)
    }
    const seconds = (performance.now() - began) / 1000
    expect(count).toBeGreaterThan(28)
    expect(count).toBeLessThanOrEqual(21 + seconds * 10)
  })

  test('does not ask Redis again for a moment after a refusal, until somebody gives back', async () => {
    const key = randomUUID()
    const limit = createRateLimit(redis, 'test', { count: 3, perS: 100_000 })
    expect(await taken(limit, key, 5)).toBe(3)
    await redis.del(`limit:test:3/100000:${key}`)
    expect(await limit.take(key)).toBeGreaterThan(30_000_000)
    expect(() => limit.assertNotRefused(key)).toThrow('Too many requests')
    await limit.giveBack(key)
    limit.assertNotRefused(key)
    expect(await taken(limit, key, 5)).toBe(3)
  })

  test('keeps one short key for it, which goes when everything is back', async () => {
    const key = randomUUID()
    const limit = createRateLimit(redis, 'test', { count: 10, perS: 100 })
    await limit.take(key)
    const ttl = await redis.pttl(`limit:test:10/100:${key}`)
    expect(ttl).toBeGreaterThan(9_000)
    expect(ttl).toBeLessThanOrEqual(10_000)
  })

  test('is one for all servers, and two limits are two', async () => {
    const key = randomUUID()
    const other = testRedis()
    if (other.status !== 'ready') await once(other, 'ready')
    const rate = { count: 30, perS: 100_000 }
    const [one, two] = [createRateLimit(redis, 'test', rate), createRateLimit(other, 'test', rate)]
    const counts = await Promise.all([taken(one, key, 50), taken(two, key, 50)])
    expect(counts.reduce((sum, count) => sum + count)).toBe(30)
    expect(await taken(createRateLimit(redis, 'another', rate), key, 50)).toBe(30)
    other.disconnect()
  })

  test('makes nobody wait until a clock that was set back is as late again', async () => {
    const key = randomUUID()
    await redis.set(`limit:test:10/100:${key}`, String(Date.now() + 86_400_000))
    const limit = createRateLimit(redis, 'test', { count: 10, perS: 100 })
    const ms = await limit.take(key)
    expect(ms).toBeGreaterThan(9_000)
    expect(ms).toBeLessThanOrEqual(10_001)
    expect(await redis.pttl(`limit:test:10/100:${key}`)).toBeLessThanOrEqual(100_000)
    await limit.giveBack(key)
    expect(await limit.take(key)).toBe(0)
  })

  test('begins anew when it is changed', async () => {
    const key = randomUUID()
    await taken(createRateLimit(redis, 'test', { count: 2, perS: 100_000 }), key, 5)
    expect(await taken(createRateLimit(redis, 'test', { count: 5, perS: 100 }), key, 10)).toBe(5)
  })

  test('throws what says all about it to whoever demands more', async () => {
    const key = randomUUID()
    const limit = createRateLimit(redis, 'sign-up', { count: 1, perS: 100_000 })
    await limit.demand(key)
    await expect(limit.demand(key)).rejects.toMatchObject({
      code: 'too-many-requests',
      status: 429,
      headers: {
        'Retry-After': expect.stringMatching(/^(100000|9999\d|10000\d)$/),
        'RateLimit-Policy': '"sign-up";q=1;w=100000',
        RateLimit: expect.stringMatching(/^"sign-up";r=0;t=\d{5,6}$/),
      },
    })
  })
})

describe('a limit while Redis does not answer', () => {
  test('is kept by each server for itself, and is half as wide', async () => {
    const nowhere = createRedis({ url: 'redis://127.0.0.1:9', log: memoryLog().log })
    const limit = createRateLimit(nowhere, 'test', { count: 21, perS: 600 })
    expect(await taken(limit, 'a', 50)).toBe(11)
    expect(await limit.take('a')).toBeGreaterThan(0)
    expect(await taken(limit, 'b', 11)).toBe(11)
    await limit.giveBack('b')
    expect(await taken(limit, 'b', 5)).toBe(1)
    nowhere.disconnect()
  })
})

test('a limit that is off is none', async () => {
  expect(await taken(createRateLimit(redis, 'test', undefined), 'a', 1000)).toBe(1000)
})
