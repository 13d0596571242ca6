import { setTimeout as wait } from 'node:timers/promises'
import { type FaultProxy, faultProxyOf, startFaultProxy } from '@auth-pair/e2e/fault-proxy'
import { asClient, asService, bearer, clientSettings, introspect, makeApiToken, revoke } from '../testing/api-tokens.ts'
import { redisApart, signUp, startAuthServer, type TestServer, testEnvironment } from '../testing/index.ts'

jest.setTimeout(30_000)

const untilReady = async (server: TestServer) => {
  for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++) await wait(20)
}

describe('when PostgreSQL is away', () => {
  let server: TestServer
  let proxy: FaultProxy
  beforeAll(async () => {
    const { DATABASE_URL = '' } = testEnvironment()
    proxy = await faultProxyOf(DATABASE_URL)
    server = await startAuthServer({ ...clientSettings, DATABASE_URL: proxy.through(DATABASE_URL), ...redisApart(7) })
    await untilReady(server)
  })
  afterEach(() => proxy.set('pass'))
  afterAll(async () => {
    await server.close()
    await proxy.close()
  })

  test.each(['refuse', 'black-hole'] as const)(
    '(%s) nothing is said of an API token, and access and refresh tokens are told as ever',
    async mode => {
      const { accessToken, refreshToken } = await signUp(server)
      const { token, id } = await makeApiToken(server, accessToken)
      await proxy.set(mode)
      const began = performance.now()
      const answers = await Promise.all([
        introspect(server, token),
        revoke(server, token),
        server.http.get('/api/tokens').set(bearer(accessToken)),
        server.http.delete(`/api/tokens/${id}`).set(bearer(accessToken)),
        server.http.post('/api/tokens').set(bearer(accessToken)).send({ name: 'x', expiresInDays: 1 }),
      ])
      for (const res of answers)
        expect([res.status, res.body.code, res.headers['retry-after']]).toEqual([503, 'unavailable', '2'])
      expect(performance.now() - began).toBeLessThan(4500)
      expect((await introspect(server, 'junk')).body).toEqual({ active: false })
      expect((await introspect(server, accessToken)).body.active).toBe(true)
      expect((await introspect(server, refreshToken, asClient)).body.active).toBe(true)
      expect((await revoke(server, refreshToken)).status).toBe(200)
      expect((await introspect(server, accessToken)).body).toEqual({ active: false })
      await proxy.set('pass')
      await untilReady(server)
      expect((await introspect(server, token)).body.active).toBe(true)
    },
  )
})

describe('when what is used cannot be written down', () => {
  test('an API token is good all the same', async () => {
    const { DATABASE_URL = '' } = testEnvironment()
    const proxy = await faultProxyOf(DATABASE_URL)
    const server = await startAuthServer({ DATABASE_URL: proxy.through(DATABASE_URL), ...redisApart(7) })
    try {
      await untilReady(server)
      const { accessToken } = await signUp(server)
      const { token } = await makeApiToken(server, accessToken)
      const failed = proxy.dropRequest(/update api_tokens/)
      for (let i = 0; failed() === 0 && i < 200; i++) {
        expect((await introspect(server, token)).body.active).toBe(true)
        await wait(50)
      }
      expect(failed()).toBe(1)
      expect((await introspect(server, token)).body.active).toBe(true)
    } finally {
      await server.close()
      await proxy.close()
    }
  })
})

describe('when Redis is away', () => {
  test('API and access tokens are told as ever; of a refresh token nothing is said, and no token is made', async () => {
    const healthy = await startAuthServer(clientSettings)
    const { accessToken, refreshToken } = await signUp(healthy)
    const { token } = await makeApiToken(healthy, accessToken)
    await healthy.close()
    const proxy = await startFaultProxy()
    await proxy.set('refuse')
    const server = await startAuthServer({ ...clientSettings, REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
    try {
      for (let i = 0; (await introspect(server, accessToken)).status !== 200 && i < 200; i++) await wait(20)
      expect((await introspect(server, accessToken)).body.active).toBe(true)
      expect((await introspect(server, token)).body.active).toBe(true)
      expect((await introspect(server, refreshToken, asService())).body).toEqual({ active: false })
      for (const res of [
        await introspect(server, refreshToken, asClient),
        await revoke(server, refreshToken),
        await server.http.post('/api/tokens').set(bearer(accessToken)).send({ name: 'x', expiresInDays: 1 }),
      ])
        expect([res.status, res.body.code]).toEqual([503, 'unavailable'])
      expect((await revoke(server, token)).status).toBe(200)
      expect((await introspect(server, token)).body).toEqual({ active: false })
    } finally {
      await server.close()
      await proxy.close()
    }
  })
})
