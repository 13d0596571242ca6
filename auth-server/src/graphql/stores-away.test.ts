import { setTimeout as wait } from 'node:timers/promises'
import { type FaultProxy, faultProxyOf, startFaultProxy } from '@auth-pair/e2e/fault-proxy'
import { codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, setCookies, signUp, startAuthServer, type TestServer, testEnvironment } from '../testing/index.ts'

jest.setTimeout(30_000)

type Answer = ReturnType<ReturnType<typeof graphqlClient>['ask']>

/** Nothing was decided, which has a status that proxies and retries go by. */
const expectUnavailable = async (answer: Answer) => {
  const res = await answer
  const requestId = res.headers['x-request-id']
  expect([res.status, res.headers['retry-after'], setCookies(res), res.body.data]).toEqual([503, '2', [], null])
  expect(res.headers['content-type']).toBe('application/json; charset=utf-8')
  const [{ message, extensions }] = res.body.errors
  expect([message, extensions]).toEqual([
    expect.stringMatching(/^The service is not available right now/),
    { code: 'unavailable', status: 503, requestId },
  ])
  expect(res.text).not.toMatch(/ECONN|127\.0\.0\.1|postgres|redis|timeout|select/i)
}

describe.each(['refuse', 'black-hole'] as const)('when PostgreSQL is away (%s)', mode => {
  let server: TestServer
  let proxy: FaultProxy
  beforeAll(async () => {
    const { DATABASE_URL = '' } = testEnvironment()
    proxy = await faultProxyOf(DATABASE_URL)
    server = await startAuthServer({ DATABASE_URL: proxy.through(DATABASE_URL) })
    for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++) await wait(20)
  })
  afterAll(async () => {
    await proxy.set('pass')
    await server.close()
    await proxy.close()
  })

  test('credentials and me are 503, and what is signed in goes on', async () => {
    const { register, login, loggedIn, refresh, ...more } = graphqlClient(() => server)
    const { email, accessToken, refreshToken } = await signUp(server)
    const fixed = await loggedIn(email)
    await proxy.set(mode)
    await Promise.all(
      [
        register({ email: freshEmail() }),
        login({ email }),
        more.signUp({ email: freshEmail() }),
        more.signIn({ email }),
        more.me(accessToken),
      ].map(expectUnavailable),
    )
    expect(codeOf(await refresh(fixed.refreshToken))).toBeUndefined()
    expect(codeOf(await more.refreshTokens(refreshToken))).toBeUndefined()
    expect((await more.sessions(accessToken)).body.data.sessions).toHaveLength(2)
    expect((await more.logout(fixed.refreshToken)).body.data.logout).toBe(true)
    expect(codeOf(await refresh(fixed.refreshToken))).toBe('session-ended')
    await proxy.set('pass')
    for (let i = 0; (await login({ email })).status === 503 && i < 200; i++) await wait(50)
    expect((await login({ email })).body.data.login.status).toBe(200)
    expect(codeOf(await more.me(accessToken))).toBeUndefined()
  })
})

describe.each(['refuse', 'black-hole'] as const)('when Redis is away (%s)', mode => {
  test('all but me is 503, and the sessions are there afterwards', async () => {
    const healthy = await startAuthServer()
    const proxy = await startFaultProxy()
    await proxy.set(mode)
    const server = await startAuthServer({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
    try {
      const { register, login, loggedIn, refresh, ...more } = graphqlClient(() => server)
      const { email, accessToken, refreshToken } = await signUp(healthy)
      const fixed = await loggedIn(email, { at: healthy })
      // the record of revocations is read, whatever Redis does
      for (let i = 0; (await more.me(accessToken)).status === 503 && i < 200; i++) await wait(20)
      const newcomer = freshEmail()
      await Promise.all(
        [
          register({ email: newcomer }),
          login({ email }),
          // which of two passwords is right nobody learns from an outage
          login({ email, password: 'wrong' }),
          more.signUp({ email: newcomer }),
          more.signIn({ email }),
          refresh(fixed.refreshToken),
          more.refreshTokens(refreshToken),
          more.sessions(accessToken),
          more.logout(refreshToken),
          more.signOut(refreshToken),
        ].map(expectUnavailable),
      )
      expect((await more.me(accessToken)).body.data.me.email).toBe(email)
      expect(codeOf(await refresh('junk'))).toBe('session-ended')
      // no account without an answer
      const accounts = { name: 'test-account-of', text: 'select 1 from users where email_key = $1' }
      expect(await server.postgres.read(accounts, [newcomer])).toEqual([])
      expect(codeOf(await refresh(fixed.refreshToken, { at: healthy }))).toBeUndefined()
    } finally {
      await server.close()
      await healthy.close()
      await proxy.close()
    }
  })
})
