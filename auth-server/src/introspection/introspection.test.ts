import { createVerifierTokenSigner } from '@auth-pair/access-token'
import { createSessionId } from '@auth-pair/access-token/pair'
import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { createOperator } from '../operator.ts'
import { createRefreshTokenCodec } from '../sessions/refresh-token.ts'
import { asClient, asService, bearer, clientSettings, introspect, makeApiToken } from '../testing/api-tokens.ts'
import { auditRows } from '../testing/audit-rows.ts'
import { goodPassword, secrets, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
let now = 0
let later = 0
beforeAll(async () => {
  server = await startAuthServer(clientSettings, { now: () => Date.now() + now, sessionNow: () => Date.now() + later })
})
afterEach(() => {
  now = 0
  later = 0
})
afterAll(() => server.close())

const inactive = { active: false }
const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
const refresh = async (refreshToken: string) =>
  (await server.http.post('/api/refresh').send({ refreshToken })).body as { accessToken: string; refreshToken: string }
const expire = (id: string) =>
  server.postgres.write(
    { name: 'test-expire', text: `update api_tokens set expires_at = now() - interval '1 second' where id = $1` },
    [id],
  )
const signer = (given: { secret?: string; issuer?: string; audience?: string } = {}) =>
  createSigner({
    key: createKey(given.secret ?? secrets.JWT_ACCESS_SECRET),
    issuer: given.issuer ?? 'http://localhost:3000',
    audience: given.audience ?? 'auth-pair',
  })
const sign = (given: Parameters<typeof signer>[0], userId: string) =>
  signer(given)({ userId, sessionId: createSessionId(0), now: Date.now(), lifeS: 300 })

describe('POST /api/introspect', () => {
  test('tells a service whose access token it is', async () => {
    const { accessToken, user } = await signUp(server)
    const res = await introspect(server, accessToken)
    const claims = claimsOf(accessToken)
    expect([res.status, res.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
    expect(res.body).toEqual({ active: true, token_type: 'Bearer', ...claims })
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub'])
    expect(claims.sub).toBe(user.id)
    expect(res.headers['cache-control']).toBe('no-store')
  })

  test('whatever the hint says, and whatever else the form holds', async () => {
    const { accessToken } = await signUp(server)
    const { token } = await makeApiToken(server, accessToken)
    for (const [shown, hint] of [
      [accessToken, 'refresh_token'],
      [token, 'access_token'],
      [token, 'no such kind'],
    ]) {
      const form = { token: shown, token_type_hint: hint, more: 'x' }
      const req = server.http.post('/api/introspect').set('Authorization', asService()).type('form')
      expect((await req.send(form)).body.active).toBe(true)
    }
  })

  test.each([
    ['junk', async () => 'junk'],
    ['a NUL', async () => 'a\0b'],
    ['15,000 characters', async () => 'x'.repeat(15_000)],
    ['an API token that nobody made', async () => `ap_${'A'.repeat(43)}000000`],
    [
      'an API token of another server, with a right checksum',
      async () => (await import('@auth-pair/access-token/pair')).createApiToken(),
    ],
    [
      'an expired API token',
      async () => {
        const { id, token } = await makeApiToken(server, (await signUp(server)).accessToken)
        await expire(id)
        return token
      },
    ],
    [
      'a revoked API token',
      async () => {
        const { accessToken } = await signUp(server)
        const { id, token } = await makeApiToken(server, accessToken)
        await server.http.delete(`/api/tokens/${id}`).set(bearer(accessToken))
        return token
      },
    ],
    [
      'an API token in other letters',
      async () => {
        const { token } = await makeApiToken(server, (await signUp(server)).accessToken)
        return token.toUpperCase()
      },
    ],
    ['the id of an API token', async () => (await makeApiToken(server, (await signUp(server)).accessToken)).id],
    [
      'an access token whose session was signed out',
      async () => {
        const { accessToken, refreshToken } = await signUp(server)
        await server.http.post('/api/signout').send({ refreshToken })
        return accessToken
      },
    ],
    ['a JWT of another issuer', async () => sign({ issuer: 'https://other.example' }, (await signUp(server)).user.id)],
    ['a JWT for another audience', async () => sign({ audience: 'others' }, (await signUp(server)).user.id)],
    ['a JWT of another secret', async () => sign({ secret: 'x'.repeat(48) }, (await signUp(server)).user.id)],
    [
      'a JWT with nobody\u2019s signature',
      async () => (await signUp(server)).accessToken.replace(/[^.]+$/, 'A'.repeat(43)),
    ],
    [
      'a verifier token',
      async () =>
        createVerifierTokenSigner({
          secret: secrets.JWT_ACCESS_SECRET,
          issuer: 'http://localhost:3000',
          now: Date.now,
        })('orders'),
    ],
    [
      'a refresh token of another secret',
      async () => {
        const { user, accessToken } = await signUp(server)
        const codec = createRefreshTokenCodec('y'.repeat(48))
        return codec.encode({ transport: 'body', userId: user.id, sessionId: claimsOf(accessToken).sid, generation: 1 })
      },
    ],
  ])('%s is inactive, and nothing else is said', async (_what, make) => {
    const token = await make()
    for (const authorization of [asService(), asClient]) {
      const res = await introspect(server, token, authorization)
      expect([res.status, res.text]).toEqual([200, '{"active":false}'])
    }
  })

  test('an access token is inactive from its end on, without leeway', async () => {
    const { accessToken } = await signUp(server)
    const { exp } = claimsOf(accessToken)
    const service = asService()
    expect((await introspect(server, accessToken, service)).body.active).toBe(true)
    now = exp * 1000 - Date.now() + 50
    expect((await introspect(server, accessToken, asClient)).body).toEqual(inactive)
  })

  describe('of a refresh token', () => {
    test.each(['body', 'cookie'])('is for clients alone (%s)', async tokenTransport => {
      const { refreshToken, accessToken, user } = await signUp(server, { tokenTransport })
      expect((await introspect(server, refreshToken, asService())).body).toEqual(inactive)
      const { body } = await introspect(server, refreshToken, asClient)
      expect(body).toEqual({
        active: true,
        sub: user.id,
        sid: claimsOf(accessToken).sid,
        iss: 'http://localhost:3000',
        aud: 'http://localhost:3000',
        iat: expect.any(Number),
        exp: body.iat + 432_000,
      })
    })

    test('tells what a refresh would answer, and turns nothing', async () => {
      const first = await signUp(server)
      const ask = async (token: string) => (await introspect(server, token, asClient)).body.active
      for (let i = 0; i < 3; i++) expect(await ask(first.refreshToken)).toBe(true)
      later = 60_000
      const second = await refresh(first.refreshToken)
      expect([await ask(first.refreshToken), await ask(second.refreshToken)]).toEqual([true, true])
      later = 120_000
      const third = await refresh(second.refreshToken)
      // retired, but it settles
      expect([await ask(first.refreshToken), await ask(third.refreshToken)]).toEqual([true, true])
      later = 180_000
      expect(await ask(first.refreshToken)).toBe(false)
      // looking at a retired one is no reuse
      expect([await ask(second.refreshToken), await ask(third.refreshToken)]).toEqual([true, true])
      expect((await refresh(third.refreshToken)).accessToken).toBeDefined()
    })

    test('that has ended, or was reused, is inactive', async () => {
      const ask = async (token: string) => (await introspect(server, token, asClient)).body.active
      const idle = await signUp(server)
      later = 432_000_001
      expect(await ask(idle.refreshToken)).toBe(false)
      later = 0
      const stolen = await signUp(server)
      later = 60_000
      const second = await refresh(stolen.refreshToken)
      later = 120_000
      await refresh(second.refreshToken)
      later = 180_000
      await refresh(stolen.refreshToken)
      expect(await ask(second.refreshToken)).toBe(false)
      // also when it is known in Redis alone
      const marked = await signUp(server)
      const { sid } = claimsOf(marked.accessToken)
      await server.redis.hset(`sessions:{${marked.user.id}}`, sid, `0 0 0 0 ${Date.now()}`)
      expect(await ask(marked.refreshToken)).toBe(false)
      const out = await signUp(server)
      await server.http.post('/api/signout').send({ refreshToken: out.refreshToken })
      expect(await ask(out.refreshToken)).toBe(false)
    })
  })

  test.each([
    ['no token', 'token_type_hint=access_token', 'invalid-input', 400],
    ['an empty token', 'token=', 'invalid-input', 400],
    ['two tokens', 'token=a&token=b', 'malformed-request', 400],
    ['nothing', '', 'invalid-input', 400],
  ])('%s is refused in the words of OAuth', async (_what, form, code, status) => {
    for (const path of ['/api/introspect', '/api/revoke']) {
      const res = await server.http.post(path).set('Authorization', asClient).type('form').send(form)
      expect([res.status, res.body.code, res.body.error]).toEqual([status, code, 'invalid_request'])
    }
  })

  test('takes forms alone, by POST, and never a token in the address', async () => {
    const { accessToken } = await signUp(server)
    const { token } = await makeApiToken(server, accessToken)
    const auth = { Authorization: asClient }
    for (const path of ['/api/introspect', '/api/revoke']) {
      expect((await server.http.get(`${path}?token=${token}`).set(auth)).status).toBe(405)
      expect((await server.http.post(path).set(auth).send({ token })).status).toBe(415)
      expect((await server.http.post(`${path}?token=${token}`).set(auth).type('form').send('')).status).toBe(400)
    }
    expect((await introspect(server, token)).body.active).toBe(true)
  })

  test('tells nobody else: no oracle for whoever collects tokens', async () => {
    const { accessToken } = await signUp(server)
    const { token } = await makeApiToken(server, accessToken)
    const texts = []
    for (const shown of [token, 'junk', accessToken]) {
      const res = await server.http.post('/api/introspect').type('form').send({ token: shown })
      texts.push([res.status, res.text.replace(/"requestId":"[^"]+"/, '')])
    }
    expect(texts[0]?.[0]).toBe(401)
    expect(new Set(texts.map(String)).size).toBe(1)
  })
})

describe('disabling an account', () => {
  test('ends its API tokens at once and for good, also when it is enabled again', async () => {
    const { email, accessToken, refreshToken, user } = await signUp(server)
    const { token, id } = await makeApiToken(server, accessToken)
    const other = await makeApiToken(server, (await signUp(server)).accessToken)
    const operator = createOperator(server.config)
    try {
      await operator.postgresReady()
      expect(await operator.accounts.disable(email)).toBe(true)
      expect((await introspect(server, token)).body).toEqual(inactive)
      expect((await introspect(server, other.token)).body.active).toBe(true)
      expect(await operator.accounts.enable(email)).toBe(true)
    } finally {
      await operator.close()
    }
    expect((await introspect(server, token)).body).toEqual(inactive)
    const again = await server.http.post('/api/signin').send({ email, password: goodPassword })
    expect((await server.http.get('/api/tokens').set(bearer(again.body.accessToken))).body).toEqual({ tokens: [] })
    // the servers hear of it within a second
    for (let i = 0; (await introspect(server, accessToken)).body.active && i < 100; i++)
      await new Promise(resolve => setTimeout(resolve, 50))
    expect((await introspect(server, accessToken)).body).toEqual(inactive)
    expect((await introspect(server, refreshToken, asClient)).body).toEqual(inactive)
    const events = (await auditRows(server.postgres, 'user_id', user.id)).map(({ event }) => event)
    expect(events).toEqual(['signed-up', 'api-token-made', 'account-disabled', 'account-enabled', 'signed-in'])
    expect(id).toHaveLength(22)
  }, 20_000)

  test('while tokens are being made leaves none that is good', async () => {
    const operator = createOperator(server.config)
    try {
      await operator.postgresReady()
      for (let round = 0; round < 8; round++) {
        const { email, accessToken } = await signUp(server)
        const wish = { name: 'x', expiresInDays: 1 }
        const make = () => server.http.post('/api/tokens').set(bearer(accessToken)).send(wish)
        const [disabled, ...answers] = await Promise.all([
          operator.accounts.disable(email),
          ...Array.from({ length: 5 }, make),
        ])
        await operator.accounts.enable(email)
        expect([disabled, (await make()).status]).toEqual([true, 401])
        for (const { body } of answers.filter(({ status }) => status === 201))
          expect((await introspect(server, body.token)).body).toEqual(inactive)
      }
    } finally {
      await operator.close()
    }
  }, 30_000)

  test('is looked at when a token is: one that somehow stayed is of no use', async () => {
    const { accessToken, user } = await signUp(server)
    const { token } = await makeApiToken(server, accessToken)
    const write = (text: string) => server.postgres.write({ name: `test-${text.length}`, text }, [user.id])
    await write('update users set disabled_at = now() where id = $1')
    await write(
      `insert into api_tokens (id, user_id, slot, hash, name)
       select 'stayed-' || $1::text, $1::uuid, 1, sha256(convert_to('${token}', 'UTF8')), 'stayed'`,
    )
    expect((await introspect(server, token)).body).toEqual(inactive)
    await write('update users set disabled_at = null where id = $1')
    expect((await introspect(server, token)).body.active).toBe(true)
  })
})
