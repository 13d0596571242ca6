import { randomUUID } from 'node:crypto'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { memoryLog } from '@auth-pair/service/testing'
import { createRedis, duplicateRedis } from './redis.ts'
import { testEnvironment } from './testing/index.ts'
import { createRedisServers, until } from './testing/redis-servers.ts'
import { missingPrograms } from './testing/redis-topologies.ts'

const missing = missingPrograms()
const describeServers = missing.length === 0 ? describe : describe.skip
const suffix = missing.length === 0 ? '' : ` (skipped: ${missing.join(' and ')} not on the PATH)`

describeServers(`the log says what is wrong${suffix}`, () => {
  const servers = createRedisServers()
  afterAll(() => servers.close())
  const firstLine = async (url: string) => {
    const { log, lines } = memoryLog()
    const redis = createRedis({ url, log })
    await until(() => lines.length > 0, 'a line in the log')
    redis.disconnect()
    return lines[0]
  }

  test('with sentinels that know of no such primary', async () => {
    const { port } = await servers.start({ program: 'redis-sentinel', password: 'pw', lines: [] })
    expect(await firstLine(`redis-sentinel://127.0.0.1:${port}?master=other&sentinelPassword=pw`)).toMatchObject({
      level: 'warn',
      err: { message: expect.stringMatching(`sentinel 127.0.0.1:${port} .*No such master`) },
    })
  })

  test('with a cluster that serves nothing, although it answers', async () => {
    // of its own: the preset is 10,000 above, where systems hand ports out
    const lines = ['cluster-enabled yes', `cluster-port ${await servers.newPort()}`]
    const { port } = await servers.start({ program: 'redis-server', password: 'pw', lines })
    expect(await firstLine(`redis-cluster://:pw@127.0.0.1:${port}`)).toMatchObject({ level: 'warn' })
  })
})

describe('a duplicate that subscribes on every `ready`', () => {
  test('hears again after a subscription was lost on its way, and leaves no rejection that nobody handles', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    const { REDIS_URL = '' } = testEnvironment()
    const proxy = await faultProxyOf(REDIS_URL)
    const { log } = memoryLog()
    const publisher = createRedis({ url: REDIS_URL, log })
    const through = createRedis({ url: proxy.through(REDIS_URL), log })
    const subscriber = duplicateRedis(through)
    const channel = `news-${randomUUID()}`
    const heard: string[] = []
    let subscriptions = 0
    subscriber.on('error', () => {})
    subscriber.on('message', (_channel, message) => heard.push(message))
    subscriber.on('ready', () => {
      subscriptions++
      subscriber.subscribe(channel).catch(() => {})
    })
    const untilHeard = (message: string) =>
      until(async () => {
        await publisher.publish(channel, message).catch(() => {})
        return heard.includes(message)
      }, `${message} is heard`)
    await untilHeard('before')
    await proxy.set('refuse')
    proxy.loseReply(/\r\nsubscribe\r\n/i)
    await proxy.set('pass')
    await untilHeard('after')
    expect(subscriptions).toBeGreaterThanOrEqual(3)
    expect(unhandled).toEqual([])
    process.off('unhandledRejection', note)
    for (const redis of [publisher, through, subscriber]) redis.disconnect()
    await proxy.close()
  })
})
