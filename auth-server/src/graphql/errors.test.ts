import { setTimeout as wait } from 'node:timers/promises'
import { ReplyError } from 'ioredis'
import { codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, goodPassword, setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

type Answer = Awaited<ReturnType<ReturnType<typeof graphqlClient>['ask']>>

/** Something broke on our side, and the answer tells no more than that. The log has the reason under its request id. */
const expectMasked = (res: Answer, field: string, server: TestServer, reason: RegExp) => {
  const requestId = res.headers['x-request-id']
  expect([res.status, res.body]).toEqual([
    500,
    {
      errors: [
        {
          message: 'Something went wrong on our side',
          locations: [{ line: 1, column: expect.any(Number) }],
          path: [field],
          extensions: { code: 'internal-error', status: 500, requestId },
        },
      ],
      data: null,
    },
  ])
  expect(setCookies(res)).toEqual([])
  const logged = server.lines.filter(line => line.requestId === requestId && line.level === 'error')
  expect(logged).toEqual([
    expect.objectContaining({
      msg: 'unexpected error',
      err: expect.objectContaining({ message: expect.stringMatching(reason), stack: expect.any(String) }),
    }),
  ])
  expect(server.logText()).not.toContain(goodPassword)
}

describe('what breaks in PostgreSQL', () => {
  test('is told as nothing but a 500, by every operation that needs it', async () => {
    const server = await startAuthServer()
    const { register, login, signUp: signUpHere, signIn, me, refreshTokens } = graphqlClient(() => server)
    const { email, accessToken, refreshToken } = await signUp(server)
    const read = jest.spyOn(server.postgres, 'read')
    const write = jest.spyOn(server.postgres, 'write')
    // as of a table that is not there
    const fault = Object.assign(new Error('relation "users" does not exist'), { code: '42P01', position: '15' })
    for (const broken of [read, write]) broken.mockRejectedValue(fault)
    const answers = {
      register: await register({ email: freshEmail() }),
      login: await login({ email }),
      signUp: await signUpHere({ email: freshEmail() }),
      signIn: await signIn({ email }),
      me: await me(accessToken),
    }
    for (const broken of [read, write]) broken.mockRestore()
    for (const [field, res] of Object.entries(answers)) expectMasked(res, field, server, /^relation "users" does not/)
    // and nobody has lost anything
    expect(codeOf(await refreshTokens(refreshToken))).toBeUndefined()
    expect((await login({ email })).body.data.login.status).toBe(200)
    await server.close()
  })
})

describe('what breaks in Redis', () => {
  test('is told as nothing but a 500, by every operation that needs it', async () => {
    const server = await startAuthServer()
    const { loggedIn, login, refresh, ...more } = graphqlClient(() => server)
    const { email, accessToken, refreshToken } = await signUp(server)
    const fixed = await loggedIn(email)
    // as of a broken script
    const fault = new ReplyError('ERR user_script:7: attempt to index a nil value')
    const scripts = ['openSession', 'prolongSession', 'rotateSession', 'listSessions', 'endSessions'] as const
    const broken = scripts.map(script => jest.spyOn(server.redis, script).mockRejectedValue(fault))
    const answers = {
      login: await login({ email }),
      signUp: await more.signUp({ email: freshEmail() }),
      signIn: await more.signIn({ email }),
      refresh: await refresh(fixed.refreshToken),
      refreshTokens: await more.refreshTokens(refreshToken),
      sessions: await more.sessions(accessToken),
      logout: await more.logout(refreshToken),
    }
    for (const each of broken) each.mockRestore()
    for (const [field, res] of Object.entries(answers)) expectMasked(res, field, server, /user_script:7/)
    expect(codeOf(await refresh(fixed.refreshToken))).toBeUndefined()
    await server.close()
  })
})

describe('an answer that is not of the schema', () => {
  test('is told as nothing but a 500', async () => {
    const server = await startAuthServer()
    const { accessToken } = await signUp(server)
    const { me } = graphqlClient(() => server)
    const read = jest
      .spyOn(server.postgres, 'read')
      .mockImplementationOnce(async () => [
        { id: null, email: null, confirmed: 'secretly', createdAt: new Date(), updatedAt: new Date() } as never,
      ])
    const res = await me(accessToken)
    read.mockRestore()
    expect([res.status, codeOf(res), res.body.data]).toEqual([500, 'internal-error', null])
    expect(res.text).not.toMatch(/null for|cannot|secretly|stack|\.ts/i)
    await server.close()
  })
})

describe('a server that has its hands full of passwords', () => {
  test('answers 503 busy at once, and counts no guess', async () => {
    const settings = { BCRYPT_COST: '12', HASHING_THREADS: '1', HASHING_MAX_WAITING: '1', GUESSES_FREE: '3' }
    const full = await startAuthServer(settings)
    const { ask, login, register, signIn, signUp: signUpHere } = graphqlClient(() => full)
    const email = freshEmail()
    const running = [1, 2].map(i => login({ email, password: `wrong ${i}` }).then(res => res.body.data.login.status))
    while (full.passwords.stats().waiting < 1) await wait(1)
    const before = full.passwords.stats().rounds
    const asked = Object.entries({ login, register, signIn, signUp: signUpHere })
    const answers = await Promise.all(asked.map(([, send]) => send({ email, password: 'wrong' })))
    for (const [i, res] of answers.entries()) {
      expect([res.status, res.body.data]).toEqual([503, null])
      const requestId = res.headers['x-request-id']
      expect(res.body.errors).toEqual([
        expect.objectContaining({ path: [asked[i]?.[0]], extensions: { code: 'busy', status: 503, requestId } }),
      ])
      expect(Number(res.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    }
    // what needs no hash is served
    expect(codeOf(await ask('mutation { refresh }'))).toBe('session-ended')
    expect((await ask('mutation { logout }')).body).toEqual({ data: { logout: true } })
    expect(full.passwords.stats().rounds - before).toBeLessThanOrEqual(2 ** 12)
    expect(await Promise.all(running)).toEqual([401, 401])
    expect((await login({ email, password: 'wrong 3' })).body.data.login.status).toBe(401)
    expect((await login({ email, password: 'wrong 4' })).body.data.login.status).toBe(429)
    await full.close()
  }, 30_000)
})
