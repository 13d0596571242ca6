import { once } from 'node:events'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { memoryLog } from '@auth-pair/service/testing'
import type { Redis } from 'ioredis'
import { createRedis } from './redis.ts'

const url = process.env.TEST_REDIS_URL ?? ''
const start = async (through = url) => {
  const redis = createRedis({ url: through, log: memoryLog().log }) as Redis
  await once(redis, 'ready')
  // what it asks for by itself at the start is answered
  await redis.ping()
  return redis
}
const outcomes = async (answers: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(answers)).map(answer =>
    answer.status === 'fulfilled' ? answer.value : String(answer.reason.message),
  )

describe('commands of one turn of the event loop', () => {
  test('leave together when the turn ends, and are answered in their order', async () => {
    const redis = await start()
    const key = `collect:${process.pid}`
    const write = jest.spyOn(redis.stream, '_write')
    const writeMany = jest.spyOn(redis.stream, '_writev' as never)
    const order: number[] = []
    const answers = Array.from({ length: 100 }, (_, i) =>
      redis.incr(key).then(value => {
        order.push(i)
        return value
      }),
    )
    expect([write, writeMany].map(({ mock }) => mock.calls.length)).toEqual([0, 0])
    const values = await Promise.all(answers)
    expect([write, writeMany].map(({ mock }) => mock.calls.length)).toEqual([0, 1])
    expect(values).toEqual(Array.from({ length: 100 }, (_, i) => (values[0] as number) + i))
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i))
    // those of a turn that is itself such an end are no exception
    await turn()
    expect(await Promise.all([redis.ping(), redis.del(key)])).toEqual(['PONG', 1])
    expect(writeMany).toHaveBeenCalledTimes(2)
    redis.disconnect()
  })

  test('that fail, fail alone', async () => {
    const redis = await start()
    const [text, hash] = [`collect-text:${process.pid}`, `collect-hash:${process.pid}`]
    expect(
      await outcomes([
        redis.set(text, 'a', 'PX', 1000),
        redis.hget(text, 'b'),
        redis.call('NOSUCHCOMMAND'),
        redis.eval('return redis.error_reply("BROKEN")', 0),
        redis.hset(hash, 'b', 'c'),
        redis.get(text),
        redis.del(hash),
      ]),
    ).toEqual([
      'OK',
      expect.stringMatching(/^WRONGTYPE/),
      expect.stringMatching(/^ERR unknown command/),
      expect.stringMatching(/BROKEN/),
      1,
      'a',
      1,
    ])
    redis.disconnect()
  })

  test('are all answered when Redis has forgotten their script', async () => {
    const redis = await start()
    redis.defineCommand('countUp', { numberOfKeys: 1, lua: `return redis.call('INCR', KEYS[1]) -- ${process.pid}` })
    const countUp = (redis as unknown as { countUp(key: string): Promise<number> }).countUp.bind(redis)
    const key = `collect-script:${process.pid}`
    expect(await countUp(key)).toBe(1)
    await redis.script('FLUSH')
    const values = await Promise.all(Array.from({ length: 20 }, () => countUp(key)))
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2))
    await redis.del(key)
    redis.disconnect()
  })
})

describe('commands whose answer does not come', () => {
  test('each end at their own deadline, and the next ones are answered as soon as Redis is back', async () => {
    const proxy = await faultProxyOf(url)
    const redis = await start(proxy.through(url))
    await proxy.set('black-hole')
    const ended: number[] = []
    const send = async () => {
      const began = performance.now()
      await expect(redis.ping()).rejects.toThrow('Command timed out')
      ended.push(performance.now() - began)
    }
    const first = [send(), send()]
    await wait(150)
    await Promise.all([...first, send()])
    for (const took of ended) {
      expect(took).toBeGreaterThan(480)
      expect(took).toBeLessThan(750)
    }
    await proxy.set('pass')
    await untilAnswered(() => redis.ping())
    redis.disconnect()
    await proxy.close()
  })

  test('all fail when the connection ends before they leave, are not sent again, and hold up none of the next connection', async () => {
    const proxy = await faultProxyOf(url)
    const redis = await start(proxy.through(url))
    const key = `collect-lost:${process.pid}`
    for (let round = 0; round < 5; round++) {
      const lost = [redis.incr(key), redis.incr(key)]
      redis.stream.destroy()
      for (const outcome of await outcomes(lost))
        expect(outcome).toMatch(/max retries per request limit \(which is 0\)/)
      await untilAnswered(() => redis.ping())
      expect(redis.stream.writableCorked).toBe(0)
    }
    expect(await redis.get(key)).toBeNull()
    redis.disconnect()
    await proxy.close()
  })

  test('are refused at once while there is no connection', async () => {
    const redis = await start()
    redis.disconnect()
    await once(redis, 'end')
    for (const outcome of await outcomes([redis.ping(), redis.ping()])) expect(outcome).toMatch(/Connection is closed/)
  })
})

const untilAnswered = async (send: () => Promise<unknown>) => {
  for (const began = performance.now(); performance.now() - began < 5000; await wait(20)) {
    if ((await Promise.allSettled([send()]))[0].status === 'fulfilled') return
  }
  throw new Error('not answered again within 5 s')
}
