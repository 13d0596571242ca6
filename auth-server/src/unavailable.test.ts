import { setTimeout as wait } from 'node:timers/promises'
import { type FaultProxy, faultProxyOf, startFaultProxy } from '@auth-pair/e2e/fault-proxy'
import {
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
  testEnvironment,
} from './testing/index.ts'

/** Sends and measures; every answer of a fault has to look like this. */
const expectUnavailable = async (send: () => ReturnType<TestServer['http']['get']>) => {
  const began = performance.now()
  const res = await send()
  const took = performance.now() - began
  expect([res.status, res.body.code, res.headers['retry-after'], setCookies(res)]).toEqual([
    503,
    'unavailable',
    '2',
    [],
  ])
  expect(took).toBeLessThan(4500)
  expect(res.text).not.toMatch(/ECONN|127\.0\.0\.1|postgres|redis|timeout|select/i)
}

/** Asks until it is answered otherwise than 503: nobody restarts anything. */
const untilServed = async (send: () => ReturnType<TestServer['http']['get']>) => {
  for (const began = performance.now(); performance.now() - began < 10_000; await wait(50)) {
    const res = await send()
    if (res.status !== 503) return res
  }
  throw new Error('not served again within 10 s')
}

describe.each(['refuse', 'black-hole'] as const)('when PostgreSQL is down (%s)', mode => {
  let server: TestServer
  let proxy: FaultProxy
  beforeAll(async () => {
    const { DATABASE_URL = '' } = testEnvironment()
    proxy = await faultProxyOf(DATABASE_URL)
    server = await startAuthServer({ DATABASE_URL: proxy.through(DATABASE_URL) })
    await untilServed(() => server.http.get('/health/ready'))
  })
  afterAll(async () => {
    await proxy.set('pass')
    await server.close()
    await proxy.close()
  })
  afterEach(() => proxy.set('pass'))

  test('sign-up, sign-in and who-am-I are 503, refresh and sign-out go on, and all of it comes back', async () => {
    const { email, refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    const another = await server.http.post('/api/signin').send({ email, password: goodPassword })
    const cookie = `xid_refresh=${refreshToken}; xid_access=${another.body.accessToken}`
    const signUpAgain = () => server.http.post('/api/signup').send({ email: freshEmail(), password: goodPassword })
    const signIn = () => server.http.post('/api/signin').send({ email, password: goodPassword })
    const whoAmI = () => server.http.get('/api/auth/user').set('Cookie', cookie)
    await proxy.set(mode)
    await Promise.all([signUpAgain, signIn, whoAmI].map(expectUnavailable))
    expect((await server.http.post('/api/refresh').set('Cookie', cookie)).status).toBe(200)
    expect((await server.http.get('/health/live')).status).toBe(200)
    await expectUnavailable(() => server.http.get('/health/ready'))
    expect((await server.http.post('/api/signout').set('Cookie', cookie)).status).toBe(204)

    await proxy.set('pass')
    expect((await untilServed(signIn)).status).toBe(200)
    expect((await untilServed(whoAmI)).status).toBe(200)
    expect((await untilServed(signUpAgain)).status).toBe(201)
    expect((await untilServed(() => server.http.get('/health/ready'))).status).toBe(200)
  }, 30_000)

  test('sessions are listed and ended one by one; ending all of them is 503 and ends none', async () => {
    const [other, here] = [await signUp(server), await signUp(server)]
    const { email } = here
    const third = await server.http.post('/api/signin').send({ email, password: goodPassword, tokenTransport: 'body' })
    const bearer = { Authorization: `Bearer ${here.accessToken}` }
    await proxy.set(mode)
    await expectUnavailable(() => server.http.delete('/api/sessions').set(bearer))
    await expectUnavailable(() => server.http.delete('/api/sessions?except=current').set(bearer))
    const { sessions } = (await server.http.get('/api/sessions').set(bearer)).body
    expect(sessions).toHaveLength(2)
    const { id } = sessions.find(({ current }: { current: boolean }) => !current)
    expect((await server.http.delete(`/api/sessions/${id}`).set(bearer)).status).toBe(204)
    const refresh = (refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
    expect((await refresh(third.body.refreshToken)).status).toBe(401)
    expect((await refresh(here.refreshToken)).status).toBe(200)
    expect((await refresh(other.refreshToken)).status).toBe(200)
    await proxy.set('pass')
    const all = await untilServed(() => server.http.delete('/api/sessions').set(bearer))
    expect([all.status, (await refresh(here.refreshToken)).status]).toEqual([204, 401])
  }, 30_000)

  test('a sign-up that was not answered left no session behind', async () => {
    const opened = jest.spyOn(server.redis, 'openSession')
    await proxy.set(mode)
    await expectUnavailable(() => server.http.post('/api/signup').send({ email: freshEmail(), password: goodPassword }))
    expect(opened.mock.calls).toHaveLength(1)
    for (const [key] of opened.mock.calls) expect(await server.redis.exists(key)).toBe(0)
    opened.mockRestore()
  })
})

describe('when the answer of PostgreSQL to a sign-up is lost', () => {
  test('the account and the answer are both there all the same', async () => {
    const { DATABASE_URL = '' } = testEnvironment()
    const proxy = await faultProxyOf(DATABASE_URL)
    const server = await startAuthServer({ DATABASE_URL: proxy.through(DATABASE_URL) })
    await untilServed(() => server.http.get('/health/ready'))
    const email = freshEmail()
    proxy.loseReply(/insert into users/)
    const res = await server.http.post('/api/signup').send({ email, password: goodPassword, tokenTransport: 'body' })
    expect([res.status, res.body.user?.email]).toEqual([201, email])
    expect((await server.http.post('/api/refresh').send({ refreshToken: res.body.refreshToken })).status).toBe(200)
    expect((await server.http.post('/api/signin').send({ email, password: goodPassword })).status).toBe(200)
    await server.close()
    await proxy.close()
  })
})

describe.each([
  ['refuse', 'redis://HOST'],
  ['black-hole', 'redis://HOST'],
  ['refuse', 'redis-sentinel://HOST?master=mymaster'],
  ['black-hole', 'redis-sentinel://HOST?master=mymaster'],
  ['refuse', 'redis-cluster://HOST'],
  ['black-hole', 'redis-cluster://HOST'],
] as const)('when Redis is down (%s, %s)', (mode, form) => {
  let server: TestServer
  let proxy: FaultProxy
  let held: Awaited<ReturnType<typeof signUp>>
  let another: Awaited<ReturnType<typeof signUp>>
  beforeAll(async () => {
    const healthy = await startAuthServer()
    held = await signUp(healthy, { tokenTransport: 'cookie' })
    another = await signUp(healthy)
    await healthy.close()
    proxy = await startFaultProxy()
    await proxy.set(mode)
    server = await startAuthServer({ REDIS_URL: form.replace('HOST', `127.0.0.1:${proxy.port}`) })
    // the record of revocations is read, whatever Redis does
    await untilServed(() => server.http.get('/api/auth/user').set('Authorization', `Bearer ${held.accessToken}`))
  })
  afterAll(async () => {
    await server.close()
    await proxy.close()
  })

  test('sign-up, sign-in, refresh and sign-out are 503 and clear no cookie; who-am-I goes on', async () => {
    const cookie = `xid_refresh=${held.refreshToken}`
    const { email } = held
    const newcomer = freshEmail()
    await Promise.all(
      [
        () => server.http.post('/api/signup').send({ email: newcomer, password: goodPassword }),
        () => server.http.post('/api/signin').send({ email, password: goodPassword }),
        () => server.http.post('/api/refresh').set('Cookie', cookie),
        () => server.http.post('/api/signout').set('Cookie', cookie),
        () => server.http.get('/api/sessions').set('Cookie', `xid_access=${held.accessToken}`),
        () => server.http.delete('/api/sessions').set('Cookie', `xid_access=${another.accessToken}`),
        () => server.http.delete('/api/sessions?except=current').set('Cookie', `xid_access=${held.accessToken}`),
        () => server.http.delete(`/api/sessions/${'A'.repeat(22)}`).set('Cookie', `xid_access=${held.accessToken}`),
        () => server.http.get('/health/ready'),
      ].map(expectUnavailable),
    )
    // which of two passwords is right nobody learns from an outage
    await expectUnavailable(() => server.http.post('/api/signin').send({ email, password: 'wrong' }))
    expect((await server.http.get('/api/auth/user').set('Authorization', `Bearer ${held.accessToken}`)).status).toBe(
      200,
    )
    expect((await server.http.get('/health/live')).status).toBe(200)
    // no account without an answer
    const accounts = { name: 'test-account-of', text: 'select 1 from users where email_key = $1' }
    expect(await server.postgres.read(accounts, [newcomer])).toEqual([])
  })

  test('junk is still 401: it is refused before Redis is asked', async () => {
    expect((await server.http.post('/api/refresh').set('Cookie', 'xid_refresh=junk')).status).toBe(401)
  })

  test('a hundred requests at once are all answered in time', async () => {
    await Promise.all(
      Array.from({ length: 100 }, () =>
        expectUnavailable(() => server.http.post('/api/refresh').set('Cookie', `xid_refresh=${held.refreshToken}`)),
      ),
    )
  })
})

describe('a server that drains', () => {
  test('is not ready, and still serves', async () => {
    const server = await startAuthServer()
    expect((await server.http.get('/health/ready')).status).toBe(200)
    server.drain()
    await expectUnavailable(() => server.http.get('/health/ready'))
    expect((await signUp(server)).res.status).toBe(201)
    await server.close()
  })
})

describe('a start before the stores', () => {
  test('is not ready, answers 503, and becomes ready by itself', async () => {
    const { DATABASE_URL = '' } = testEnvironment()
    const proxy = await faultProxyOf(DATABASE_URL)
    await proxy.set('refuse')
    const server = await startAuthServer({ DATABASE_URL: proxy.through(DATABASE_URL) })
    await expectUnavailable(() => server.http.get('/health/ready'))
    await expectUnavailable(() => server.http.post('/api/signin').send({ email: freshEmail(), password: goodPassword }))
    expect((await server.http.get('/health/live')).status).toBe(200)
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: expect.stringContaining('PostgreSQL is not available') }),
    )
    await proxy.set('pass')
    expect((await untilServed(() => server.http.get('/health/ready'))).status).toBe(200)
    expect((await signUp(server)).res.status).toBe(201)
    await server.close()
    await proxy.close()
  }, 20_000)
})
