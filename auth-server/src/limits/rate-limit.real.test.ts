import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { testRedis } from '../testing/index.ts'
import { createRateLimit } from './rate-limit.ts'

// the clock of the embedded Redis in memory jumps within a second
const redis = testRedis()
beforeAll(async () => {
  if (redis.status !== 'ready') await once(redis, 'ready')
})
afterAll(() => redis.disconnect())

describe('a limit in Redis', () => {
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
})
