import { setTimeout as wait } from 'node:timers/promises'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import bcrypt from 'bcrypt'
import { askAboutPasswords, bearer, newPassword } from '../testing/change-password.ts'
import {
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
  testEnvironment,
} from '../testing/index.ts'

jest.setTimeout(30_000)
let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterEach(() => jest.restoreAllMocks())
afterAll(() => server.close())

const { change, signIn, refresh, whoAmI, sql, hashOf, eventsOf, expectUntouched } = askAboutPasswords(() => server)

describe('two changes at once', () => {
  test.each([0, 1, 2, 3])('one is done and the others are told that the password is not that one (%i)', async () => {
    const user = await signUp(server)
    const other = (await signIn(user.email, goodPassword)).body
    const chosen = [1, 2, 3, 4].map(i => `${newPassword} ${i}`)
    const answers = await Promise.all(
      chosen.map((newPassword, i) => change(bearer(i % 2 ? other.accessToken : user.accessToken), { newPassword })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter(status => status === 200)).toHaveLength(1)
    // 401 for one that comes when the sessions are over already
    for (const { status, body } of answers.filter(({ status }) => status !== 200))
      expect([status, body.code]).toEqual(
        status === 403 ? [403, 'current-password-wrong'] : [401, 'access-token-invalid'],
      )
    const winner = statuses.indexOf(200)
    const signIns = await Promise.all(chosen.map(password => signIn(user.email, password)))
    expect(signIns.map(({ status }) => status)).toEqual(chosen.map((_, i) => (i === winner ? 200 : 401)))
    expect((await whoAmI(answers[winner]?.body.accessToken)).status).toBe(200)
    expect((await eventsOf(user.user.id)).filter(event => event === 'password-changed')).toHaveLength(1)
  })
})

/** Lets something happen when the password has been checked, and before it is changed. */
const meanwhile = (work: () => Promise<unknown>) => {
  const { write } = server.postgres
  let done = false
  jest.spyOn(server.postgres, 'write').mockImplementation(async (statement, values) => {
    if (statement.name === 'change-password' && !done) {
      done = true
      await work()
    }
    return write(statement, values) as never
  })
}

describe('what happens between the check and the change', () => {
  test('an account that was disabled is not changed', async () => {
    const { user, email, accessToken } = await signUp(server)
    const before = await hashOf(user.id)
    meanwhile(() => sql('disable', 'update users set disabled_at = now() where id = $1', [user.id]))
    expect((await change(bearer(accessToken))).body.code).toBe('access-token-invalid')
    expect([await hashOf(user.id), await eventsOf(user.id)]).toEqual([before, ['signed-up']])
    await sql('enable', 'update users set disabled_at = null where id = $1', [user.id])
    expect((await signIn(email, goodPassword)).status).toBe(200)
  })

  test('who is signed out everywhere meanwhile changes nothing', async () => {
    const { user, email, accessToken } = await signUp(server)
    meanwhile(() => server.http.delete('/api/sessions').set(bearer(accessToken)))
    expect((await change(bearer(accessToken))).body.code).toBe('access-token-invalid')
    expect(await eventsOf(user.id)).not.toContain('password-changed')
    expect((await signIn(email, goodPassword)).status).toBe(200)
  })

  test('who is signed out while the passwords are hashed changes nothing', async () => {
    const { user, email, accessToken, refreshToken } = await signUp(server)
    const hash = server.redis.endGuess
    jest.spyOn(server.redis, 'endGuess' as never).mockImplementation((async (...args: unknown[]) => {
      await server.http.post('/api/signout').send({ refreshToken })
      return hash.apply(server.redis, args as never)
    }) as never)
    expect((await change(bearer(accessToken))).body.code).toBe('access-token-invalid')
    expect(await eventsOf(user.id)).not.toContain('password-changed')
    jest.restoreAllMocks()
    expect((await signIn(email, goodPassword)).status).toBe(200)
  })

  test('a hash that a sign-in has rewritten is replaced all the same', async () => {
    const { user, email, accessToken } = await signUp(server)
    await sql('legacy', 'update users set password_hash = $2 where id = $1', [
      user.id,
      await bcrypt.hash(goodPassword, 4),
    ])
    meanwhile(async () => expect((await signIn(email, goodPassword)).status).toBe(200))
    expect((await change(bearer(accessToken))).status).toBe(200)
    expect([(await signIn(email, goodPassword)).status, (await signIn(email, newPassword)).status]).toEqual([401, 200])
  })

  test('a password that was set otherwise is left alone', async () => {
    const { user, email, accessToken } = await signUp(server)
    meanwhile(async () =>
      sql('set', 'update users set password_hash = $2 where id = $1', [
        user.id,
        await bcrypt.hash('of an operator', 4),
      ]),
    )
    expect((await change(bearer(accessToken))).body.code).toBe('current-password-wrong')
    expect((await signIn(email, 'of an operator')).status).toBe(200)
  })

  test('a sign-in that began with the old password opens nothing that lasts', async () => {
    const { email, accessToken } = await signUp(server)
    let changed = 0
    const { openSession } = server.redis
    jest.spyOn(server.redis, 'openSession').mockImplementationOnce((async (...args: unknown[]) => {
      // its password was right when it was looked at
      changed = (await change(bearer(accessToken))).status
      return openSession.apply(server.redis, args as never)
    }) as never)
    const late = await signIn(email, goodPassword)
    expect([changed, late.status]).toEqual([200, 200])
    expect((await whoAmI(late.body.accessToken)).status).toBe(401)
    expect((await refresh(late.body.refreshToken)).status).toBe(401)
    expect((await change(bearer(late.body.accessToken), { currentPassword: newPassword })).status).toBe(401)
  })

  test('a client that has gone changes nothing', async () => {
    const user = await signUp(server)
    const abort = new AbortController()
    const { endGuess } = server.redis
    jest.spyOn(server.redis, 'endGuess').mockImplementationOnce((async (...args: unknown[]) => {
      abort.abort()
      await wait(50)
      return endGuess.apply(server.redis, args as never)
    }) as never)
    await fetch(`${server.url}/api/password`, {
      method: 'POST',
      headers: { ...bearer(user.accessToken), 'Content-Type': 'application/json' },
      body: JSON.stringify({ currentPassword: goodPassword, newPassword }),
      signal: abort.signal,
    }).catch(() => {})
    await wait(100)
    jest.restoreAllMocks()
    await expectUntouched(user)
  })
})

describe('changing the password while a store is away', () => {
  const through = async (setting: 'DATABASE_URL' | 'REDIS_URL') => {
    const url = testEnvironment()[setting] ?? ''
    const proxy = await faultProxyOf(url)
    const broken = await startAuthServer({ [setting]: proxy.through(url) })
    const close = async () => {
      await proxy.set('pass')
      await broken.close()
      await proxy.close()
    }
    while ((await broken.http.get('/health/ready')).status !== 200) await wait(20)
    return { proxy, broken, close }
  }

  test.each(['refuse', 'black-hole'] as const)('PostgreSQL (%s): nothing is changed', async mode => {
    const { proxy, broken, close } = await through('DATABASE_URL')
    const user = await signUp(server)
    await proxy.set(mode)
    const res = await change(bearer(user.accessToken), {}, broken)
    expect([res.status, res.body.code, res.body.detail, setCookies(res)]).toEqual([503, 'unavailable', undefined, []])
    await close()
    await expectUntouched(user)
  })

  test('when its answer is lost, it is told that it may be done, and the new password opens', async () => {
    const { proxy, broken, close } = await through('DATABASE_URL')
    const { email, accessToken, refreshToken } = await signUp(server)
    const lost = proxy.loseReply(/update users set password_hash/)
    const res = await change(bearer(accessToken), {}, broken)
    expect([lost(), res.status, res.body.code, setCookies(res)]).toEqual([1, 503, 'unavailable', []])
    expect(res.body.detail).toMatch(/may have been changed/)
    expect((await signIn(email, goodPassword)).status).toBe(401)
    expect((await signIn(email, newPassword)).status).toBe(200)
    // the record is read every second
    for (let i = 0; (await whoAmI(accessToken)).status === 200 && i < 300; i++) await wait(10)
    expect([(await whoAmI(accessToken)).status, (await refresh(refreshToken)).status]).toEqual([401, 401])
    await close()
  })

  test('when it falls silent at the change, the answer comes in time and says that it may be done', async () => {
    const { proxy, broken, close } = await through('DATABASE_URL')
    const { accessToken } = await signUp(server)
    const { write } = broken.postgres
    jest.spyOn(broken.postgres, 'write').mockImplementation(async (statement, values) => {
      if (statement.name === 'change-password') await proxy.set('black-hole')
      return write(statement, values) as never
    })
    const began = performance.now()
    const res = await change(bearer(accessToken), {}, broken)
    expect([res.status, performance.now() - began < 5000]).toEqual([503, true])
    expect(res.body.detail).toMatch(/may have been changed/)
    await close()
  })

  test('when it takes longer than the request may, it is told that it may be done, and no session is opened', async () => {
    const { email, user, accessToken } = await signUp(server)
    const { write } = server.postgres
    let done = false
    jest.spyOn(server.postgres, 'write').mockImplementation(async (statement, values) => {
      const rows = await write(statement, values)
      if (statement.name === 'change-password') await wait(4600)
      done ||= statement.name === 'change-password'
      return rows as never
    })
    const opened = jest.spyOn(server.redis, 'openSession')
    const res = await change(bearer(accessToken))
    expect([res.status, res.body.code, setCookies(res)]).toEqual([503, 'unavailable', []])
    expect(res.body.detail).toMatch(/may have been changed/)
    while (!done) await wait(5)
    await wait(50)
    expect(opened).not.toHaveBeenCalled()
    expect(await eventsOf(user.id)).toEqual(['signed-up', 'password-changed'])
    expect((await signIn(email, newPassword)).status).toBe(200)
  })

  test('when the new session cannot be opened, it is told that it is done', async () => {
    const { email, user, accessToken, refreshToken } = await signUp(server)
    jest.spyOn(server.redis, 'openSession').mockRejectedValueOnce(new Error('Connection is closed.'))
    const res = await change(bearer(accessToken))
    expect([res.status, res.body.code, setCookies(res)]).toEqual([503, 'unavailable', []])
    expect(res.body.detail).toMatch(/has been changed/)
    expect([(await whoAmI(accessToken)).status, (await refresh(refreshToken)).status]).toEqual([401, 401])
    expect(await server.redis.exists(`sessions:{${user.id}}`)).toBe(0)
    expect([(await signIn(email, goodPassword)).status, (await signIn(email, newPassword)).status]).toEqual([401, 200])
  })

  test('Redis: nothing is changed, and no password is looked at', async () => {
    const user = await signUp(server)
    const broken = await startAuthServer({ REDIS_URL: 'redis://127.0.0.1:9' })
    while ((await whoAmI(user.accessToken, broken)).status !== 200) await wait(20)
    const { rounds } = broken.passwords.stats()
    const lookups = jest.spyOn(broken.postgres, 'read')
    for (const body of [{}, { currentPassword: 'wrong' }]) {
      const res = await change(bearer(user.accessToken), body, broken)
      expect([res.status, res.body.code, res.body.detail]).toEqual([503, 'unavailable', undefined])
    }
    expect(broken.passwords.stats().rounds).toBe(rounds)
    expect(lookups.mock.calls.map(([{ name }]) => name)).not.toContain('credentials-by-id')
    await broken.close()
    await expectUntouched(user)
  })
})

describe('changing the password in a flood', () => {
  test('is 503 busy before anything is looked at', async () => {
    const user = await signUp(server)
    const full = await startAuthServer({ HASHING_MAX_WAITING: '1', BCRYPT_COST: '12', GUESSES_FREE: '1000' })
    const flood = Array.from({ length: 6 }, (_, i) => signIn(`nobody-${i}@example.com`, 'x', full).then(res => res))
    while (full.passwords.stats().waiting === 0) await wait(1)
    const lookups = jest.spyOn(full.postgres, 'read')
    const res = await change(bearer(user.accessToken), {}, full)
    expect([res.status, res.body.code]).toEqual([503, 'busy'])
    expect(lookups.mock.calls.map(([{ name }]) => name)).not.toContain('credentials-by-id')
    await Promise.all(flood)
    await full.close()
    await expectUntouched(user)
  })
})
