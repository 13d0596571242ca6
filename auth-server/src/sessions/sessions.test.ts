import { randomUUID } from 'node:crypto'
import { createSigner } from '@auth-pair/access-token/sign'
import { goodPassword, setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

const chrome =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

let server: TestServer
let clock = Date.now()
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => clock })
})
afterAll(() => server.close())

const signIn = async (email: string, userAgent = 'curl/8.5.0') => {
  const res = await server.http
    .post('/api/signin')
    .set('User-Agent', userAgent)
    .send({ email, password: goodPassword, tokenTransport: 'body' })
  expect(res.status).toBe(200)
  return res.body as { accessToken: string; refreshToken: string }
}
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const list = (token: string) => server.http.get('/api/sessions').set(bearer(token))
const remove = (path: string, token: string) => server.http.delete(path).set(bearer(token))
const refresh = (refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
const whoAmI = (token: string) => server.http.get('/api/auth/user').set(bearer(token))
const idsOf = (sessions: { id: string }[]) => sessions.map(({ id }) => id)

describe('GET /api/sessions', () => {
  test('shows the sessions of the user, the last used one first, and which one asks', async () => {
    const { email } = await signUp(server)
    clock += 1000
    const here = await signIn(email, chrome)
    const openedAt = clock
    const res = await list(here.accessToken)
    expect(res.status).toBe(200)
    expect(res.body.sessions).toHaveLength(2)
    expect(res.body.sessions[0]).toEqual({
      id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      device: 'Chrome on macOS',
      ip: '127.0.0.1',
      createdAt: new Date(openedAt).toISOString(),
      lastUsedAt: new Date(openedAt).toISOString(),
      endsAt: new Date(openedAt + 432_000_000).toISOString(),
      current: true,
      rotating: true,
    })
    expect(res.body.sessions[1]).toMatchObject({ current: false })
    clock += 60_000
    expect((await refresh(here.refreshToken)).status).toBe(200)
    expect((await list(here.accessToken)).body.sessions[0]).toMatchObject({
      createdAt: new Date(openedAt).toISOString(),
      lastUsedAt: new Date(clock).toISOString(),
      endsAt: new Date(clock + 432_000_000).toISOString(),
    })
  })

  test('the ids are no token material, and the raw header is nowhere', async () => {
    const { email } = await signUp(server)
    const { accessToken, refreshToken } = await signIn(email, chrome)
    const res = await list(accessToken)
    const { id } = res.body.sessions[0]
    expect(refreshToken).not.toContain(id)
    for (const token of [id, Buffer.from(id, 'base64url').toString('hex')]) {
      expect((await refresh(token)).status).toBe(401)
      expect((await list(token)).status).toBe(401)
    }
    const userId = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).sub
    const stored = JSON.stringify(await server.redis.hgetall(`sessions:{${userId}}`))
    expect(stored).toContain('Chrome on macOS')
    expect(stored + server.logText()).not.toMatch(/AppleWebKit|10_15_7/)
  })

  test('is for the signed-in user alone', async () => {
    expect((await server.http.get('/api/sessions')).status).toBe(401)
    expect((await list('junk')).status).toBe(401)
    const [ada, bob] = [await signUp(server), await signUp(server)]
    expect((await list(ada.accessToken)).body.sessions).toHaveLength(1)
    expect(idsOf((await list(ada.accessToken)).body.sessions)).not.toEqual(
      idsOf((await list(bob.accessToken)).body.sessions),
    )
  })

  test('does not show sessions that have ended by themselves', async () => {
    const { email } = await signUp(server)
    clock += 432_000_000
    const { accessToken } = await signIn(email)
    expect((await list(accessToken)).body.sessions).toHaveLength(1)
  })
})

describe('DELETE /api/sessions/:id', () => {
  test('ends that session, its access tokens too, and no other', async () => {
    const other = await signUp(server)
    const here = await signIn(other.email)
    const { sessions } = (await list(here.accessToken)).body
    const otherId = sessions.find(({ current }: { current: boolean }) => !current).id
    const res = await remove(`/api/sessions/${otherId}`, here.accessToken)
    expect([res.status, res.text, setCookies(res)]).toEqual([204, '', []])
    expect([(await refresh(other.refreshToken)).status, (await whoAmI(other.accessToken)).status]).toEqual([401, 401])
    expect([(await refresh(here.refreshToken)).status, (await whoAmI(here.accessToken)).status]).toEqual([200, 200])
    expect((await list(here.accessToken)).body.sessions).toHaveLength(1)
    expect((await remove(`/api/sessions/${otherId}`, here.accessToken)).status).toBe(404)
  })

  test('of somebody else, of nobody, or of no form is 404 and ends nothing', async () => {
    const [ada, bob] = [await signUp(server), await signUp(server)]
    const [{ id }] = (await list(bob.accessToken)).body.sessions
    const answers = []
    for (const other of [
      id,
      'A'.repeat(22),
      `.${id.slice(-8)}`,
      'x',
      '%00',
      '..%2f..',
      '__proto__',
      'a'.repeat(5000),
    ]) {
      const res = await remove(`/api/sessions/${other}`, ada.accessToken)
      answers.push([res.status, res.body.code])
    }
    expect(answers.slice(0, 3)).toEqual(Array(3).fill([404, 'not-found']))
    expect(answers.every(([status]) => status === 404)).toBe(true)
    expect((await refresh(bob.refreshToken)).status).toBe(200)
    expect((await list(bob.accessToken)).body.sessions).toHaveLength(1)
  })

  test('of the session that asks takes its cookies away', async () => {
    const { accessToken, refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    const [{ id }] = (await list(accessToken)).body.sessions
    const res = await server.http
      .delete(`/api/sessions/${id}`)
      .set('Cookie', `xid_access=${accessToken}; xid_refresh=${refreshToken}`)
    expect(res.status).toBe(204)
    expect(setCookies(res).map(cookie => cookie.split(';', 1)[0])).toEqual(['xid_refresh=', 'xid_access='])
  })

  test('from another site is refused', async () => {
    const { accessToken } = await signUp(server, { tokenTransport: 'cookie' })
    for (const path of ['/api/sessions', '/api/sessions/x']) {
      const res = await server.http
        .delete(path)
        .set({ Cookie: `xid_access=${accessToken}`, Origin: 'https://evil.example' })
      expect([res.status, res.body.code]).toEqual([403, 'cross-site-request'])
    }
    expect((await whoAmI(accessToken)).status).toBe(200)
  })
})

describe('DELETE /api/sessions', () => {
  test('ends every session of the user at once, and nobody else’s', async () => {
    const bystander = await signUp(server)
    const { email, ...first } = await signUp(server)
    const all = [first, await signIn(email), await signIn(email)]
    const res = await remove('/api/sessions', all[1]?.accessToken ?? '')
    expect(res.status).toBe(204)
    for (const { accessToken, refreshToken } of all) {
      expect([(await refresh(refreshToken)).status, (await whoAmI(accessToken)).status]).toEqual([401, 401])
    }
    expect((await refresh(bystander.refreshToken)).status).toBe(200)
  })

  test('and the next sign-in, however soon, is good', async () => {
    const { email, accessToken } = await signUp(server)
    for (let round = 0, token = accessToken; round < 5; round++) {
      expect((await remove('/api/sessions', token)).status).toBe(204)
      const next = await signIn(email)
      expect([(await refresh(next.refreshToken)).status, (await whoAmI(next.accessToken)).status]).toEqual([200, 200])
      token = next.accessToken
    }
  })

  test('?except=current ends the others', async () => {
    const { email, ...first } = await signUp(server)
    const [second, here] = [await signIn(email), await signIn(email)]
    expect((await remove('/api/sessions?except=current', here.accessToken)).status).toBe(204)
    for (const { accessToken, refreshToken } of [first, second]) {
      expect([(await refresh(refreshToken)).status, (await whoAmI(accessToken)).status]).toEqual([401, 401])
    }
    expect([(await refresh(here.refreshToken)).status, (await whoAmI(here.accessToken)).status]).toEqual([200, 200])
    expect((await remove('/api/sessions?except=current', here.accessToken)).status).toBe(204)
  })

  test.each(['?except=', '?except=others', '?except=current&except=current', '?all=true', '?except=Current'])(
    'with %s ends nothing',
    async query => {
      const { accessToken } = await signUp(server)
      const res = await remove(`/api/sessions${query}`, accessToken)
      expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
      expect((await whoAmI(accessToken)).status).toBe(200)
    },
  )

  test('of a user that is none, or no longer, is 401 and leaves nothing', async () => {
    const { accessToken: config } = server.config
    const sign = createSigner(config)
    for (const userId of [randomUUID(), 'nobody', "x' or '1"]) {
      const token = sign({ userId, sessionId: 'A'.repeat(22), now: Date.now(), lifeS: 60 })
      const res = await remove('/api/sessions', token)
      expect([res.status, res.body.code]).toEqual([401, 'access-token-invalid'])
      expect((await list(token)).body.sessions).toEqual([])
    }
    const gone = await signUp(server)
    await server.postgres.write({ name: 'gone', text: 'delete from users where id = $1' }, [gone.user.id])
    expect((await remove('/api/sessions', gone.accessToken)).status).toBe(401)
    expect((await refresh(gone.refreshToken)).status).toBe(401)
  })
})

describe('a sign-in that was under way when all sessions ended', () => {
  test('opens a session that is over already', async () => {
    const { email, accessToken } = await signUp(server)
    // between the check of the credentials and the opening of the session
    const openSession = server.redis.openSession.bind(server.redis)
    const opening = jest.spyOn(server.redis, 'openSession').mockImplementationOnce((async (...args: never[]) => {
      expect((await remove('/api/sessions', accessToken)).status).toBe(204)
      return (openSession as (...args: never[]) => unknown)(...args)
    }) as never)
    const late = await signIn(email)
    opening.mockRestore()
    expect([(await refresh(late.refreshToken)).status, (await whoAmI(late.accessToken)).status]).toEqual([401, 401])
  })
})

test('a session that makes room, and one whose token was reused, lose their access tokens too', async () => {
  const few = await startAuthServer({ MAX_SESSIONS_PER_USER: '1' }, { sessionNow: () => clock })
  const { email, accessToken } = await signUp(few)
  clock += 1
  const second = await few.http.post('/api/signin').send({ email, password: goodPassword, tokenTransport: 'body' })
  expect((await few.http.get('/api/auth/user').set(bearer(accessToken))).status).toBe(401)

  let token = second.body.refreshToken
  for (let turn = 0; turn < 3; turn++) {
    clock += 30_000
    token = (await few.http.post('/api/refresh').send({ refreshToken: token })).body.refreshToken
  }
  clock += 30_000
  const tokens = await few.http.post('/api/refresh').send({ refreshToken: token })
  expect((await few.http.post('/api/refresh').send({ refreshToken: second.body.refreshToken })).status).toBe(401)
  expect((await few.http.get('/api/auth/user').set(bearer(tokens.body.accessToken))).status).toBe(401)
  const rows = await few.postgres.read<{ reason: string }>(
    {
      name: 'reasons',
      text: `select reason from revocations where user_id = (select id from users where email_key = $1) order by seq`,
    },
    [email],
  )
  expect(rows.map(({ reason }) => reason)).toEqual(['evicted', 'token-reused'])
  await few.close()
})
