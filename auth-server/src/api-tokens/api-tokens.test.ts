import { createHash } from 'node:crypto'
import { isApiToken } from '@auth-pair/access-token'
import { epochOf } from '@auth-pair/access-token/pair'
import { bearer, clientSettings, introspect, makeApiToken, revoke } from '../testing/api-tokens.ts'
import { auditRows } from '../testing/audit-rows.ts'
import { goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
let clock = Date.now()
beforeAll(async () => {
  server = await startAuthServer(clientSettings, { sessionNow: () => clock })
})
afterAll(() => server.close())

const make = (accessToken: string, body: object) => server.http.post('/api/tokens').set(bearer(accessToken)).send(body)
const list = (accessToken: string) => server.http.get('/api/tokens').set(bearer(accessToken))
const remove = (accessToken: string, id: string) => server.http.delete(`/api/tokens/${id}`).set(bearer(accessToken))
const sql = <Row>(text: string, values: unknown[] = []) =>
  server.postgres.write<Row>({ name: `test-${createHash('md5').update(text).digest('hex')}`, text }, values)
const day = 86_400_000

describe('POST /api/tokens', () => {
  test('makes a token that a service finds good, and shows it once', async () => {
    const { accessToken, user } = await signUp(server)
    const res = await make(accessToken, { name: ' deploy ', expiresInDays: 30, scopes: ['orders:read', 'a'] })
    expect(res.status).toBe(201)
    expect(res.body).toEqual({
      token: expect.stringMatching(/^ap_[\w-]{43}[\dA-Za-z]{6}$/),
      id: expect.stringMatching(/^[\w-]{22}$/),
      name: 'deploy',
      scopes: ['orders:read', 'a'],
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      lastUsedAt: null,
    })
    const { token, ...description } = res.body
    expect(isApiToken(token)).toBe(true)
    expect(Date.parse(description.expiresAt) - Date.parse(description.createdAt)).toBe(30 * day)
    expect((await list(accessToken)).body).toEqual({ tokens: [description] })
    expect((await introspect(server, token)).body).toEqual({
      active: true,
      token_type: 'Bearer',
      scope: 'orders:read a',
      sub: user.id,
      sid: description.id,
      jti: description.id,
      iss: 'http://localhost:3000',
      aud: 'auth-pair',
      iat: Math.floor(Date.parse(description.createdAt) / 1000),
      exp: Math.floor(Date.parse(description.expiresAt) / 1000),
    })
  })

  test('one without an end comes with a warning, and no other does', async () => {
    const { accessToken } = await signUp(server)
    const endless = await makeApiToken(server, accessToken, { expiresInDays: 'never' })
    expect([endless.expiresAt, endless.warning]).toEqual([null, expect.stringContaining('never ends')])
    const { body } = await introspect(server, endless.token)
    expect([body.active, 'exp' in body, 'scope' in body]).toEqual([true, false, false])
    expect(await makeApiToken(server, accessToken)).not.toHaveProperty('warning')
  })

  test('is kept as a hash: the token is nowhere in the database, in Redis or in the log', async () => {
    const { accessToken, user } = await signUp(server)
    const { token, id } = await makeApiToken(server, accessToken)
    await introspect(server, token)
    await revoke(server, `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`)
    const tables = await sql<{ table_name: string }>(
      `select table_name from information_schema.tables where table_schema = 'public'`,
    )
    expect(tables.length).toBeGreaterThan(4)
    const parts = [
      token,
      token.slice(3),
      token.slice(3, 46),
      Buffer.from(token.slice(3, 46), 'base64url').toString('hex'),
      Buffer.from(token).toString('hex'),
    ]
    for (const { table_name } of tables) {
      const rows = await sql<{ row: string }>(`select to_jsonb(t)::text as row from "${table_name}" as t`)
      for (const part of parts) expect(rows.some(({ row }) => row.includes(part))).toBe(false)
    }
    const [{ hash } = { hash: null }] = await sql<{ hash: Buffer }>('select hash from api_tokens where id = $1', [id])
    expect(hash).toEqual(createHash('sha256').update(token).digest())
    expect(JSON.stringify(await server.redis.hgetall(`sessions:{${user.id}}`))).not.toContain(token)
    expect(server.logText()).not.toContain(token.slice(3))
  })

  test.each([
    [{}, ['name', 'expiresInDays']],
    [{ name: 'x' }, ['expiresInDays']],
    [{ name: '', expiresInDays: 1 }, ['name']],
    [{ name: '   ', expiresInDays: 1 }, ['name']],
    [{ name: 'x'.repeat(101), expiresInDays: 1 }, ['name']],
    [{ name: 'a\nb', expiresInDays: 1 }, ['name']],
    [{ name: 'a\0', expiresInDays: 1 }, ['name']],
    [{ name: '\ud800', expiresInDays: 1 }, ['name']],
    [{ name: ['x'], expiresInDays: 1 }, ['name']],
    [{ name: 'x', expiresInDays: 0 }, ['expiresInDays']],
    [{ name: 'x', expiresInDays: 367 }, ['expiresInDays']],
    [{ name: 'x', expiresInDays: 1.5 }, ['expiresInDays']],
    [{ name: 'x', expiresInDays: '30' }, ['expiresInDays']],
    [{ name: 'x', expiresInDays: null }, ['expiresInDays']],
    [{ name: 'x', expiresInDays: ['never'] }, ['expiresInDays']],
    [{ name: 'x', expiresInDays: 1, scopes: 'a' }, ['scopes']],
    [{ name: 'x', expiresInDays: 1, scopes: ['a b'] }, ['scopes']],
    [{ name: 'x', expiresInDays: 1, scopes: ['a"'] }, ['scopes']],
    [{ name: 'x', expiresInDays: 1, scopes: ['\u00e9'] }, ['scopes']],
    [{ name: 'x', expiresInDays: 1, scopes: [''] }, ['scopes']],
    [{ name: 'x', expiresInDays: 1, scopes: ['a', 'a'] }, ['scopes']],
    [{ name: 'x', expiresInDays: 1, scopes: Array.from({ length: 21 }, (_, i) => `s${i}`) }, ['scopes']],
    [{ name: 'x', expiresInDays: 1, userId: 'other' }, ['userId']],
  ])('%j is refused', async (body, paths) => {
    const { accessToken } = await signedInOnce
    const res = await make(accessToken, body)
    expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
    expect(res.body.errors.map(({ path }: { path: string }) => path)).toEqual(paths)
  })
  let signedInOnce: ReturnType<typeof signUp>
  beforeAll(() => {
    signedInOnce = signUp(server)
  })

  test('wants a session that was signed in to within ten minutes; a refresh is no sign-in', async () => {
    const { email, accessToken, refreshToken } = await signUp(server)
    clock += 600_000
    expect((await make(accessToken, { name: 'x', expiresInDays: 1 })).status).toBe(201)
    clock += 1
    const { body } = await server.http.post('/api/refresh').send({ refreshToken })
    for (const token of [accessToken, body.accessToken]) {
      const res = await make(token, { name: 'x', expiresInDays: 1 })
      expect([res.status, res.body.code]).toEqual([401, 'recent-sign-in-required'])
      expect(res.headers['www-authenticate']).toBe(
        'Bearer realm="auth-pair", error="insufficient_user_authentication", error_description="Sign in again", max_age="600"',
      )
    }
    expect((await list(accessToken)).body.tokens).toHaveLength(1)
    const again = await server.http.post('/api/signin').send({ email, password: goodPassword })
    expect((await make(again.body.accessToken, { name: 'x', expiresInDays: 1 })).status).toBe(201)
  })

  test('wants a session that lives', async () => {
    const { accessToken, user } = await signUp(server)
    await server.redis.del(`sessions:{${user.id}}`)
    expect((await make(accessToken, { name: 'x', expiresInDays: 1 })).body.code).toBe('recent-sign-in-required')
  })

  test('a session of an epoch that is over makes none, whatever this server has heard', async () => {
    const { accessToken, user } = await signUp(server)
    await sql('update users set epoch = epoch + 1 where id = $1', [user.id])
    const res = await make(accessToken, { name: 'x', expiresInDays: 1 })
    expect([res.status, res.body.code]).toEqual([401, 'access-token-invalid'])
  })

  test('is for the signed-in user alone: an API token opens none of this server', async () => {
    const { accessToken } = await signUp(server)
    const { token, id } = await makeApiToken(server, accessToken)
    for (const answer of [
      await server.http.post('/api/tokens').send({ name: 'x', expiresInDays: 1 }),
      await make(token, { name: 'x', expiresInDays: 1 }),
      await list(token),
      await remove(token, id),
      await server.http.get('/api/auth/user').set(bearer(token)),
      await server.http.get('/api/sessions').set('Cookie', `xid_access=${token}`),
      await server.http.post('/api/refresh').set(bearer(token)),
      await server.http.get('/api/revocations').set(bearer(token)),
    ])
      expect(answer.status).toBe(401)
  })

  test('is refused to other sites', async () => {
    const { accessToken } = await signUp(server, { tokenTransport: 'cookie' })
    const forged = { Cookie: `xid_access=${accessToken}`, Origin: 'https://evil.example' }
    const res = await server.http.post('/api/tokens').set(forged).send({ name: 'x', expiresInDays: 1 })
    expect([res.status, res.body.code]).toEqual([403, 'cross-site-request'])
  })

  test('fifty is the most, also when sixty are asked for at once; one that has expired makes room', async () => {
    const { accessToken, user } = await signUp(server)
    const wishes = Array.from({ length: 60 }, (_, i) => ({ name: `token ${i}`, expiresInDays: 1 }))
    const answers = await Promise.all(wishes.map(wish => make(accessToken, wish)))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([...Array(50).fill(201), ...Array(10).fill(409)])
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('too-many-api-tokens')
    expect((await list(accessToken)).body.tokens).toHaveLength(50)
    const [expired, revoked] = answers.filter(({ status }) => status === 201).map(({ body }) => body)
    await sql(`update api_tokens set expires_at = now() where id = $1`, [expired.id])
    const [one, other] = await Promise.all([1, 2].map(() => make(accessToken, { name: 'new', expiresInDays: 1 })))
    expect([one?.status, other?.status].sort()).toEqual([201, 409])
    expect(await sql('select 1 from api_tokens where id = $1', [expired.id])).toHaveLength(0)
    expect((await remove(accessToken, revoked.id)).status).toBe(204)
    const made = await make(accessToken, { name: 'new', expiresInDays: 1 })
    expect([made.status, made.body.lastUsedAt]).toEqual([201, null])
    expect(
      (await auditRows(server.postgres, 'user_id', user.id)).filter(({ event }) => event === 'api-token-made'),
    ).toHaveLength(52)
  }, 30_000)

  test('and its end are in the record, with where from', async () => {
    const { accessToken, user } = await signUp(server)
    const { id } = await makeApiToken(server, accessToken)
    await remove(accessToken, id)
    const rows = (await auditRows(server.postgres, 'session_id', id)).map(({ event, outcome, user_id, ip }) => [
      event,
      outcome,
      user_id,
      ip,
    ])
    expect(rows).toEqual([
      ['api-token-made', 'success', user.id, '127.0.0.1'],
      ['api-token-revoked', 'success', user.id, '127.0.0.1'],
    ])
    const { events } = (await server.http.get('/api/account/activity').set(bearer(accessToken))).body
    expect(events.slice(0, 2).map(({ event }: { event: string }) => event)).toEqual([
      'api-token-revoked',
      'api-token-made',
    ])
  })
})

describe('DELETE /api/tokens/:id', () => {
  test('revokes that token at once, tells everybody as of a session, and no other', async () => {
    const { accessToken, user } = await signUp(server)
    const [gone, stays] = [await makeApiToken(server, accessToken), await makeApiToken(server, accessToken)]
    const announced = jest.spyOn(server.redis, 'publish')
    const res = await remove(accessToken, gone.id)
    expect([res.status, res.text]).toEqual([204, ''])
    expect(announced.mock.calls.map(([, message]) => JSON.parse(String(message)))).toEqual([
      expect.objectContaining({ user: user.id, session: gone.id }),
    ])
    announced.mockRestore()
    expect((await introspect(server, gone.token)).body).toEqual({ active: false })
    expect((await introspect(server, stays.token)).body.active).toBe(true)
    const rows = await sql('select user_id, reason from revocations where session_id = $1', [gone.id])
    expect(rows).toEqual([{ user_id: user.id, reason: 'api-token-revoked' }])
    expect((await remove(accessToken, gone.id)).status).toBe(404)
    expect((await list(accessToken)).body.tokens.map(({ id }: { id: string }) => id)).toEqual([stays.id])
  })

  test("somebody else's, nobody's, or one of no form is 404 and ends nothing", async () => {
    const [ada, bob] = [await signUp(server), await signUp(server)]
    const { id, token } = await makeApiToken(server, bob.accessToken)
    for (const other of [id, 'A'.repeat(22), token, 'x', '%00', '__proto__'])
      expect((await remove(ada.accessToken, other)).body.code).toBe('not-found')
    expect((await introspect(server, token)).body.active).toBe(true)
  })
})

describe('the id of a token', () => {
  test('is one of a session of the epoch, so that services hear of what ends all of them', async () => {
    const { email } = await signUp(server)
    const { accessToken, user } = (await server.http.post('/api/signin').send({ email, password: goodPassword })).body
    await server.http.delete('/api/sessions').set(bearer(accessToken))
    const { accessToken: later } = (await server.http.post('/api/signin').send({ email, password: goodPassword })).body
    const { id } = await makeApiToken(server, later)
    const [{ epoch } = { epoch: '' }] = await sql<{ epoch: string }>('select epoch from users where id = $1', [user.id])
    expect(epochOf(id)).toBe(Number(epoch))
    expect(epochOf(id)).toBeGreaterThan(0)
  })
})

describe('signing out everywhere', () => {
  test('leaves API tokens alone', async () => {
    const { accessToken } = await signUp(server)
    const { token } = await makeApiToken(server, accessToken)
    expect((await server.http.delete('/api/sessions').set(bearer(accessToken))).status).toBe(204)
    expect((await introspect(server, accessToken)).body).toEqual({ active: false })
    expect((await introspect(server, token)).body.active).toBe(true)
  })
})

describe('a changed password', () => {
  test('leaves API tokens alone, and ends the sessions', async () => {
    const { accessToken } = await signUp(server)
    const { token } = await makeApiToken(server, accessToken)
    const change = { currentPassword: goodPassword, newPassword: 'another horse battery' }
    expect((await server.http.post('/api/password').set(bearer(accessToken)).send(change)).status).toBe(200)
    expect((await introspect(server, accessToken)).body).toEqual({ active: false })
    expect((await introspect(server, token)).body.active).toBe(true)
  })
})

describe('when a token was used', () => {
  const lastUsed = async (accessToken: string) => (await list(accessToken)).body.tokens[0].lastUsedAt
  const until = async (ask: () => Promise<string | null>, wanted: (value: string | null) => boolean) => {
    for (let i = 0; i < 500; i++) {
      const value = await ask()
      if (wanted(value)) return value
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    throw new Error('not within 10 s')
  }

  test('is written down soon, and at most once a minute', async () => {
    const { accessToken } = await signUp(server)
    const { token, id } = await makeApiToken(server, accessToken)
    const writes = jest.spyOn(server.postgres, 'write')
    const touches = () => writes.mock.calls.filter(([{ name }]) => name === 'api-token-uses').length
    try {
      await Promise.all(Array.from({ length: 20 }, () => introspect(server, token)))
      const at = await until(
        () => lastUsed(accessToken),
        value => value !== null,
      )
      expect(Math.abs(Date.now() - Date.parse(at ?? ''))).toBeLessThan(10_000)
      const before = touches()
      expect(before).toBeGreaterThan(0)
      await introspect(server, token)
      await new Promise(resolve => setTimeout(resolve, 1500))
      expect([await lastUsed(accessToken), touches()]).toEqual([at, before])
      await sql(`update api_tokens set last_used_at = now() - interval '61 seconds' where id = $1`, [id])
      const old = await lastUsed(accessToken)
      await introspect(server, token)
      await until(
        () => lastUsed(accessToken),
        value => value !== old,
      )
    } finally {
      writes.mockRestore()
    }
  }, 20_000)
})
