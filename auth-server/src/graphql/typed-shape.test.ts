import { auditRows } from '../testing/audit-rows.ts'
import { claimsOf, codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, goodPassword, setCookies, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
let ahead = 0
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => Date.now() + ahead })
})
afterEach(() => {
  ahead = 0
})
afterAll(() => server.close())

const { ask, signUp, signIn, refreshTokens, signOut, sessions, me } = graphqlClient(() => server)
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const whoAmI = (token: string) => server.http.get('/api/auth/user').set(bearer(token))
const grace = 30_000
const joined = async (email = freshEmail()) => (await signUp({ email })).body.data.signUp
const eventsOf = async (column: 'user_id' | 'session_id', value: unknown) =>
  (await auditRows(server.postgres, column, value)).map(({ event }) => event)

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const signedIn = (email: string) => ({
  user: { id: expect.any(String), email, confirmed: false, createdAt: time, updatedAt: time },
  accessToken: expect.stringMatching(/^ey/),
  refreshToken: expect.stringMatching(/^[A-Za-z0-9_-]{96}$/),
  tokenType: 'Bearer',
  expiresIn: 300,
})

describe('signUp and signIn', () => {
  test('make an account, and open a session each, with tokens in the body alone', async () => {
    const email = freshEmail()
    const up = await signUp({ email })
    expect([up.status, up.body, setCookies(up)]).toEqual([200, { data: { signUp: signedIn(email) } }, []])
    const { user, accessToken } = up.body.data.signUp
    const back = await signIn({ email })
    expect([back.status, back.body, setCookies(back)]).toEqual([200, { data: { signIn: signedIn(email) } }, []])
    expect(back.body.data.signIn.user).toEqual(user)
    const other = claimsOf(back.body.data.signIn.accessToken)
    expect(other).toMatchObject({ sub: user.id, sid: expect.not.stringMatching(String(claimsOf(accessToken).sid)) })
    expect((await whoAmI(accessToken)).body.user.id).toBe(user.id)
    expect(await eventsOf('user_id', user.id)).toEqual(['signed-up', 'signed-in'])
  })

  test('take a challenge that is null for one that is left out', async () => {
    const email = freshEmail()
    const document = (name: string) =>
      `mutation { ${name}(email: "${email}", password: "${goodPassword}", challenge: null) { tokenType } }`
    for (const name of ['signUp', 'signIn'])
      expect((await ask(document(name))).body.data).toEqual({ [name]: { tokenType: 'Bearer' } })
  })

  test('name the arguments that are wrong', async () => {
    const res = await signUp({ email: 'nobody', password: 'short' })
    expect([res.status, res.body.data]).toEqual([200, null])
    const [{ path, extensions }] = res.body.errors
    const rest = await server.http.post('/api/signup').send({ email: 'nobody', password: 'short' })
    expect([path, extensions]).toEqual([
      ['signUp'],
      { code: 'invalid-input', status: 400, requestId: res.headers['x-request-id'], errors: rest.body.errors },
    ])
    expect(rest.body.errors.map(({ path }: { path: string }) => path)).toEqual(['email', 'password'])
  })
})

describe('refreshTokens', () => {
  test('turns the refresh token, and a retired one that comes back ends the session', async () => {
    const first = await joined()
    const tokens = [first.refreshToken]
    for (let turn = 1; turn <= 3; turn++) {
      ahead = turn * grace
      const res = await refreshTokens(tokens.at(-1))
      const { user, ...expected } = signedIn('')
      expect(res.body).toEqual({ data: { refreshTokens: expected } })
      tokens.push(res.body.data.refreshTokens.refreshToken)
    }
    expect(new Set(tokens).size).toBe(4)
    expect((await whoAmI(first.accessToken)).status).toBe(200)
    ahead += grace
    // the first token, from a thief or to one: nobody can tell
    for (const token of [tokens[0], tokens[3]]) expect(codeOf(await refreshTokens(token))).toBe('session-ended')
    expect([(await whoAmI(first.accessToken)).status, codeOf(await me(first.accessToken))]).toEqual([
      401,
      'access-token-invalid',
    ])
    const rows = await server.postgres.read<{ reason: string }>(
      { name: 'test-reason', text: 'select reason from revocations where user_id = $1' },
      [first.user.id],
    )
    expect(rows).toEqual([{ reason: 'token-reused' }])
  })

  test('answers a repeated one alike while a turn settles', async () => {
    const { refreshToken } = await joined()
    ahead = grace
    const next = (await refreshTokens(refreshToken)).body.data.refreshTokens.refreshToken
    for (const token of [refreshToken, next])
      expect((await refreshTokens(token)).body.data.refreshTokens.refreshToken).toBe(next)
  })

  test('and POST /api/refresh turn the same session', async () => {
    const { refreshToken } = await joined()
    ahead = grace
    const rest = await server.http.post('/api/refresh').send({ refreshToken })
    ahead = 2 * grace
    const { accessToken } = (await refreshTokens(rest.body.refreshToken)).body.data.refreshTokens
    expect(claimsOf(accessToken).sid).toBe(claimsOf(rest.body.accessToken).sid)
  })
})

describe('signOut', () => {
  test('ends the session of the refresh token, and no other', async () => {
    const email = freshEmail()
    const [there, here] = [await joined(email), (await signIn({ email })).body.data.signIn]
    expect((await signOut(here.refreshToken)).body).toEqual({ data: { signOut: true } })
    expect([(await whoAmI(here.accessToken)).status, codeOf(await refreshTokens(here.refreshToken))]).toEqual([
      401,
      'session-ended',
    ])
    expect([(await whoAmI(there.accessToken)).status, codeOf(await refreshTokens(there.refreshToken))]).toEqual([
      200,
      undefined,
    ])
    expect(await eventsOf('session_id', claimsOf(here.accessToken).sid)).toEqual(['signed-in', 'signed-out'])
  })

  test('is true when there is none', async () => {
    for (const token of [undefined, 'junk', 'A'.repeat(96)])
      expect((await signOut(token)).body).toEqual({ data: { signOut: true } })
  })
})

describe('sessions and me', () => {
  test('are what REST tells, and go together', async () => {
    const email = freshEmail()
    const there = await joined(email)
    ahead = 1000
    const here = (await signIn({ email })).body.data.signIn
    const rest = (await server.http.get('/api/sessions').set(bearer(here.accessToken))).body.sessions
    const res = await sessions(here.accessToken)
    expect(res.body).toEqual({ data: { sessions: rest } })
    expect(rest.map(({ id, current, rotating }: Record<string, unknown>) => [id, current, rotating])).toEqual([
      [claimsOf(here.accessToken).sid, true, true],
      [claimsOf(there.accessToken).sid, false, true],
    ])
    const both = await ask('{ me { email } sessions { current } also: me { id } }', { token: here.accessToken })
    expect(both.body.data).toEqual({
      me: { email },
      sessions: [{ current: true }, { current: false }],
      also: { id: here.user.id },
    })
  })
})
