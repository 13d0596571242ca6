import { setTimeout as wait } from 'node:timers/promises'
import { createOperator } from '../operator.ts'
import { auditRows } from '../testing/audit-rows.ts'
import { claimsOf, codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

const second = 1000
const [grace, idle, life] = [30 * second, 5 * 86_400 * second, 30 * 86_400 * second]
let server: TestServer
const start = Date.now()
let clock = start
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => clock })
})
beforeEach(() => {
  clock = start
})
afterAll(() => server.close())

const { loggedIn, refresh, signOut, sessions } = graphqlClient(() => server)
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const whoAmI = (token: string, at = server) => at.http.get('/api/auth/user').set(bearer(token))
const reasonsOf = async (userId: string) => {
  const text = 'select reason from revocations where user_id = $1 order by seq'
  const rows = await server.postgres.read<{ reason: string }>({ name: 'test-reasons', text }, [userId])
  return rows.map(({ reason }) => reason)
}
/** Somebody with an account, and a session that `login` opened. */
const person = async () => {
  const { email, user, accessToken } = await signUp(server)
  return { email, user, other: accessToken, ...(await loggedIn(email)) }
}
type Tokens = Awaited<ReturnType<typeof loggedIn>>
const lives = async ({ accessToken, refreshToken }: Tokens) =>
  codeOf(await refresh(refreshToken)) === undefined && (await whoAmI(accessToken)).status === 200
const expectEnded = async ({ accessToken, refreshToken }: Tokens, at = server) => {
  expect([codeOf(await refresh(refreshToken, { at })), (await whoAmI(accessToken, at)).status]).toEqual([
    'session-ended',
    401,
  ])
}

describe('a session of login', () => {
  test('ends when it is not used for five days', async () => {
    const { refreshToken } = await person()
    clock = start + idle - 1
    expect(codeOf(await refresh(refreshToken))).toBeUndefined()
    clock += idle - 1
    expect(codeOf(await refresh(refreshToken))).toBeUndefined()
    clock += idle
    expect(codeOf(await refresh(refreshToken))).toBe('session-ended')
    clock = start
    expect(codeOf(await refresh(refreshToken))).toBe('session-ended')
  })

  test('ends after thirty days, however much it is used', async () => {
    const { refreshToken } = await person()
    for (let day = 1; day < 30; day++) {
      clock = start + (day * life) / 30
      expect(codeOf(await refresh(refreshToken))).toBeUndefined()
    }
    clock = start + life - 10 * second
    // no access token outlives its session
    const { iat, exp } = claimsOf((await refresh(refreshToken)).body.data.refresh)
    expect(Number(exp) - Number(iat)).toBe(10)
    clock = start + life
    expect(codeOf(await refresh(refreshToken))).toBe('session-ended')
  })

  test('is prolonged at most once while a use settles', async () => {
    const { refreshToken, accessToken, user } = await person()
    const sid = String(claimsOf(accessToken).sid)
    const stored = () => server.redis.hget(`sessions:{${user.id}}`, sid)
    clock = start + grace - 1
    await refresh(refreshToken)
    expect(await stored()).toBe(`1 1 0 0 ${start}`)
    clock = start + grace
    for (let i = 0; i < 3; i++, clock += 10 * second - 1) await refresh(refreshToken)
    expect(await stored()).toBe(`1 1 0 ${start + grace} ${start}`)
    expect(await stored()).toMatch(/^\d+ \d+ \d+ \d+ \d+$/)
  })

  test('is listed as one whose token does not turn: by REST, by GraphQL and on the account page', async () => {
    const { accessToken, other } = await person()
    const sid = claimsOf(accessToken).sid
    const kinds = (list: { id: string; rotating: boolean }[]) => list.map(({ id, rotating }) => [id === sid, rotating])
    const rest = (await server.http.get('/api/sessions').set(bearer(accessToken))).body.sessions
    expect(kinds(rest).sort()).toEqual([
      [false, true],
      [true, false],
    ])
    expect((await sessions(accessToken)).body.data.sessions).toEqual(rest)
    const page = async (token: string) => (await server.http.get('/account').set('Cookie', `xid_access=${token}`)).text
    for (const token of [accessToken, other]) {
      const text = await page(token)
      expect(text.match(/its refresh token stays the same/g)).toHaveLength(1)
    }
    const { accessToken: turning } = await signUp(server)
    expect(await page(turning)).not.toContain('its refresh token stays the same')
  })
})

describe('a session of login ends', () => {
  test('by signOut, which ends no other', async () => {
    const { email, other, ...here } = await person()
    const there = await loggedIn(email)
    expect((await signOut(here.refreshToken)).body.data.signOut).toBe(true)
    await expectEnded(here)
    expect([await lives(there), (await whoAmI(other)).status]).toEqual([true, 200])
  })

  test('for good, also where Redis has it again', async () => {
    const { user, refreshToken } = await person()
    const key = `sessions:{${user.id}}`
    const before = await server.redis.hgetall(key)
    await signOut(refreshToken)
    await server.redis.hset(key, before)
    expect(codeOf(await refresh(refreshToken))).toBe('session-ended')
  })

  test('by DELETE /api/sessions/:id', async () => {
    const { email, other, user, ...here } = await person()
    const there = await loggedIn(email)
    const sid = claimsOf(here.accessToken).sid
    expect((await server.http.delete(`/api/sessions/${sid}`).set(bearer(other))).status).toBe(204)
    await expectEnded(here)
    expect(await lives(there)).toBe(true)
    expect(await reasonsOf(user.id)).toEqual(['session-revoked'])
  })

  test.each([
    ['everywhere', '/api/sessions'],
    ['everywhere else', '/api/sessions?except=current'],
  ])('by signing out %s', async (_where, path) => {
    const { email, other, ...here } = await person()
    const there = await loggedIn(email)
    expect((await server.http.delete(path).set(bearer(other))).status).toBe(204)
    for (const each of [here, there]) await expectEnded(each)
    expect(await lives(await loggedIn(email))).toBe(true)
  })

  test('by a change of the password, from wherever', async () => {
    const newPassword = 'another horse, another battery'
    const change = (token: string, currentPassword: string, newPassword: string) =>
      server.http
        .post('/api/password')
        .set(bearer(token))
        .send({ currentPassword, newPassword, tokenTransport: 'body' })
    const { email, other, ...here } = await person()
    expect((await change(other, goodPassword, newPassword)).status).toBe(200)
    await expectEnded(here)
    const back = await server.http.post('/api/signin').send({ email, password: newPassword, tokenTransport: 'body' })
    const { body } = await change(back.body.accessToken, newPassword, goodPassword)
    const there = await loggedIn(email)
    // also from itself: what it gets then is a session whose token turns
    const own = await change(there.accessToken, goodPassword, newPassword)
    await expectEnded(there)
    expect([typeof body.refreshToken, codeOf(await refresh(own.body.refreshToken))]).toEqual([
      'string',
      'session-ended',
    ])
    expect((await server.http.post('/api/refresh').send({ refreshToken: own.body.refreshToken })).status).toBe(200)
  })

  test('when the account is disabled', async () => {
    const { email, other: _other, user: _user, ...here } = await person()
    const operator = createOperator(server.config)
    try {
      await operator.postgresReady()
      expect(await operator.accounts.disable(email)).toBe(true)
    } finally {
      await operator.close()
    }
    // the servers hear of it within a second
    for (let i = 0; !codeOf(await refresh(here.refreshToken)) && i < 100; i++) await wait(50)
    await expectEnded(here)
  })

  test('when newer ones need the room', async () => {
    const few = await startAuthServer({ MAX_SESSIONS_PER_USER: '2' }, { sessionNow: () => clock })
    try {
      const email = freshEmail()
      const { user } = await signUp(few, { email })
      const opened: Tokens[] = []
      for (let i = 0; i < 3; i++) {
        clock += 1
        opened.push(await loggedIn(email, { at: few }))
      }
      await expectEnded(opened[0] as Tokens, few)
      for (const { refreshToken } of opened.slice(1))
        expect(codeOf(await refresh(refreshToken, { at: few }))).toBeUndefined()
      expect(await reasonsOf(user.id)).toEqual(['evicted', 'evicted'])
      const rows = await auditRows(few.postgres, 'session_id', claimsOf((opened[0] as Tokens).accessToken).sid)
      expect(rows.map(({ event }) => event)).toEqual(['signed-in', 'session-evicted'])
    } finally {
      await few.close()
    }
  })
})
