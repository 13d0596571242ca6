import { createRedisServers } from '../../../auth-server/src/testing/redis-servers.ts'
import { diagnose, only, startAuth } from './testing/index.ts'

jest.setTimeout(60_000)
const servers = createRedisServers()
afterAll(servers.close)

test('a Redis that is stopped under a running server is told, and is well again when it is back', async () => {
  const password = 'only for this test'
  const redis = await servers.start({ program: 'redis-server', password, lines: ['save ""'] })
  const auth = await startAuth({ REDIS_URL: `redis://:${encodeURIComponent(password)}@127.0.0.1:${redis.port}` })
  const untilReady = async () => {
    while ((await fetch(`${auth.url}/health/ready`)).status !== 200)
      await new Promise(resolve => setTimeout(resolve, 20))
  }
  try {
    await untilReady()
    expect((await diagnose([auth.url, '--sign-up'])).code).toBe(0)
    await redis.kill()
    const ill = await diagnose([auth.url, '--sign-up'])
    expect([ill.code, only(ill)]).toEqual([
      1,
      [
        expect.stringMatching(/^health: It is not ready \(503\)/),
        expect.stringMatching(/^sign-in: Signing in is answered 503/),
      ],
    ])
    await redis.restart()
    await untilReady()
    expect((await diagnose([auth.url, '--sign-up'])).code).toBe(0)
  } finally {
    await auth.close()
  }
})
