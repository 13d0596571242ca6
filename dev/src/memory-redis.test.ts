import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createMemoryRedis } from './memory-redis.ts'

const lua = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], ARGV[1])
return { tonumber(time[1]), tonumber(time[2]), #ARGV, redis.call('GET', KEYS[1]) }`

test('the time of a script, and of a command, is the time of this process, whenever it is asked for', async () => {
  const redis = createMemoryRedis()
  redis.defineCommand('tellTime', { numberOfKeys: 1, lua })
  const { tellTime } = redis as unknown as {
    tellTime(key: string, value: string): Promise<[number, number, number, string]>
  }
  for (let i = 0; i < 12; i++) {
    const before = Date.now()
    const [seconds, microseconds, count, kept] = await tellTime(randomUUID(), `value ${i}`)
    expect([count, kept]).toEqual([1, `value ${i}`])
    for (const time of [[seconds, microseconds], await redis.time()]) {
      const now = Number(time[0]) * 1000 + Number(time[1]) / 1000
      expect(now).toBeGreaterThanOrEqual(before)
      expect(now).toBeLessThanOrEqual(Date.now())
    }
    await wait(90)
  }
})
