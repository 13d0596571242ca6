import { createHash } from 'node:crypto'
import { codeOf, createFrontEnd, locationOf, refreshCookieOf, returnAddress } from '../testing/front-end.ts'
import { setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
let clock = Date.now()
let app: ReturnType<typeof createFrontEnd>
beforeAll(async () => {
  server = await startAuthServer({ RETURN_ADDRESSES: returnAddress }, { sessionNow: () => clock })
  app = createFrontEnd(server)
})
afterAll(() => server.close())

const signedUp = async () => {
  const { refreshToken, accessToken, user } = await signUp(server, { tokenTransport: 'cookie' })
  return { cookie: String(refreshToken), accessToken: accessToken as string, user }
}
const refresh = (refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
const refreshByCookie = (cookie: string) => server.http.post('/api/refresh').set('Cookie', `xid_refresh=${cookie}`)
const whoAmI = (token: string) => server.http.get('/api/auth/user').set('Authorization', `Bearer ${token}`)
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('GET /api/authorize', () => {
  test('sends a browser that is signed in back with a code, and refreshes its session', async () => {
    const { cookie } = await signedUp()
    clock += 60_000
    const res = await app.authorize(cookie)
    expect([res.status, res.text]).toEqual([303, ''])
    const location = locationOf(res)
    expect(location.origin + location.pathname).toBe(returnAddress)
    expect(Object.fromEntries(location.searchParams)).toEqual({
      code: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      state: 'a state & more',
      iss: 'http://localhost:3000',
    })
    expect(res.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    expect(setCookies(res).map(set => set.split('=', 1)[0])).toEqual(['xid_refresh', 'xid_access'])
    expect(refreshCookieOf(res)).not.toBe(cookie)
    clock += 60_000
    expect((await refreshByCookie(refreshCookieOf(res))).status).toBe(200)
  })

  test.each([
    ['without a cookie', async () => undefined],
    ['with junk in it', async () => 'junk'],
    ['with a token that travels in the body', async () => String((await signUp(server)).refreshToken)],
    [
      'whose session has ended',
      async () => {
        const { cookie } = await signedUp()
        await server.http.post('/api/signout').set('Cookie', `xid_refresh=${cookie}`)
        return cookie
      },
    ],
  ])('sends a browser %s to the sign-in with the same question', async (_, cookieFor) => {
    const cookie = await cookieFor()
    const res = await app.authorize(cookie)
    expect([res.status, res.headers.location?.split('?', 1)[0]]).toEqual([303, '/sign-in'])
    expect(Object.fromEntries(locationOf(res).searchParams)).toEqual(app.parameters)
    // what is no good is taken away, as by a refresh
    expect(setCookies(res).map(set => set.split(';', 1)[0])).toEqual(
      cookie === undefined ? [] : ['xid_refresh=', 'xid_access='],
    )
  })

  test('does not look at tokens that came in another way', async () => {
    const { refreshToken, accessToken } = await signUp(server)
    for (const token of [refreshToken, accessToken]) {
      const res = await app.authorize().set('Authorization', `Bearer ${token}`)
      expect(res.headers.location).toMatch(/^\/sign-in\?/)
    }
  })

  test.each(['https://evil.example/', '//evil.example', `${returnAddress}/`, ''])(
    'never sends anybody to %s',
    async address => {
      const { cookie } = await signedUp()
      const res = await app.authorize(cookie, { redirect_uri: address })
      expect([res.status, res.body.code, res.headers.location]).toEqual([400, 'return-address-unknown', undefined])
      expect(setCookies(res)).toEqual([])
    },
  )

  test('tells the front end what is wrong with its question', async () => {
    const { cookie } = await signedUp()
    const res = await app.authorize(cookie, { code_challenge_method: 'plain' })
    expect(res.status).toBe(303)
    expect(res.headers.location?.startsWith(`${returnAddress}?`)).toBe(true)
    expect(Object.fromEntries(locationOf(res).searchParams)).toEqual({
      error: 'invalid_request',
      error_description: 'code_challenge_method has to be S256',
      state: 'a state & more',
      iss: 'http://localhost:3000',
    })
    expect(setCookies(res)).toEqual([])
  })

  test('refuses two cookies of a name, and other methods', async () => {
    const { cookie } = await signedUp()
    const res = await app.authorize().set('Cookie', `xid_refresh=${cookie}; xid_refresh=${cookie}`)
    expect([res.status, res.body.code]).toEqual([400, 'ambiguous-credentials'])
    expect((await server.http.post('/api/authorize').send({})).status).toBe(405)
  })

  test('counts as a refresh', async () => {
    const few = await startAuthServer({ RETURN_ADDRESSES: returnAddress, LIMIT_REFRESHES: '2/60' })
    const { refreshToken } = await signUp(few, { tokenTransport: 'cookie' })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await createFrontEnd(few).authorize(String(refreshToken))).status)
    expect(statuses.filter(status => status === 429).length).toBeGreaterThan(0)
    await few.close()
  })

  test('knows no address when none is configured', async () => {
    const plain = await startAuthServer()
    const res = await createFrontEnd(plain).authorize()
    expect([res.status, res.body.code]).toEqual([400, 'return-address-unknown'])
    await plain.close()
  })
})

describe('POST /api/token', () => {
  test('gives a code’s session, with tokens in the body', async () => {
    const { cookie, user, accessToken } = await signedUp()
    const res = await app.redeem(await app.codeFor(cookie))
    expect(res.status).toBe(200)
    expect(res.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: expect.stringMatching(/^[A-Za-z0-9_-]{96}$/),
    })
    expect(res.headers['cache-control']).toBe('no-store')
    expect(setCookies(res)).toEqual([])
    expect((await whoAmI(res.body.access_token)).body.user.id).toBe(user.id)
    expect(claimsOf(res.body.access_token).sid).not.toBe(claimsOf(accessToken).sid)
    clock += 60_000
    const next = await refresh(res.body.refresh_token)
    expect([next.status, Object.keys(next.body)]).toEqual([
      200,
      ['accessToken', 'tokenType', 'expiresIn', 'refreshToken'],
    ])
    expect((await refreshByCookie(res.body.refresh_token)).status).toBe(401)
  })

  test.each([
    ['no grant type', { grant_type: '' }, 'invalid-input', 'invalid_request'],
    ['another grant type', { grant_type: 'refresh_token' }, 'invalid-input', 'unsupported_grant_type'],
    ['no code', { code: '' }, 'invalid-input', 'invalid_request'],
    ['a verifier that is too short', { code_verifier: 'short' }, 'invalid-input', 'invalid_request'],
    ['a code that is none', { code: 'A'.repeat(43) }, 'invalid-grant', 'invalid_grant'],
    ['junk for a code', { code: '}:used' }, 'invalid-grant', 'invalid_grant'],
    ['another verifier', { code_verifier: 'A'.repeat(43) }, 'invalid-grant', 'invalid_grant'],
    ['another address', { redirect_uri: `${returnAddress}/` }, 'invalid-grant', 'invalid_grant'],
  ])('with %s gives nothing', async (_, changed, problem, error) => {
    const { cookie, accessToken } = await signedUp()
    const code = await app.codeFor(cookie)
    const res = await app.redeem(code, changed)
    expect([res.status, res.body.code, res.body.error]).toEqual([400, problem, error])
    expect(res.text).not.toContain(code)
    const list = await server.http.get('/api/sessions').set('Authorization', `Bearer ${accessToken}`)
    expect(list.body.sessions).toHaveLength(1)
  })

  test('of a code whose request named a client gives nothing to another one', async () => {
    const { cookie } = await signedUp()
    const codeOfClient = async (client_id: string) => codeOf(await app.authorize(cookie, { client_id }))
    const foreign = await app.redeem(await codeOfClient('shop'))
    expect([foreign.status, foreign.body.error]).toEqual([400, 'invalid_grant'])
    expect((await app.redeem(await codeOfClient('app'))).status).toBe(200)
  })

  test('of a code that was tried with a wrong verifier gives nothing any more', async () => {
    const code = await app.codeFor((await signedUp()).cookie)
    expect((await app.redeem(code, { code_verifier: 'A'.repeat(43) })).status).toBe(400)
    expect((await app.redeem(code)).body.error).toBe('invalid_grant')
  })

  test('is for services alone', async () => {
    const { cookie, accessToken } = await signedUp()
    const code = await app.codeFor(cookie)
    for (const headers of [{}, { Authorization: `Bearer ${accessToken}` }, { Cookie: `xid_refresh=${cookie}` }]) {
      const res = await server.http.post('/api/token').set(headers).type('form').send({ code })
      expect(res.status).toBe(401)
    }
    expect((await app.redeem(code)).status).toBe(200)
  })

  test('a second time ends the session that the first one opened, and no other', async () => {
    const { cookie, accessToken } = await signedUp()
    const code = await app.codeFor(cookie)
    const first = await app.redeem(code)
    const second = await app.redeem(code)
    expect([second.status, second.body.error]).toEqual([400, 'invalid_grant'])
    expect((await refresh(first.body.refresh_token)).status).toBe(401)
    expect((await whoAmI(first.body.access_token)).status).toBe(401)
    expect((await whoAmI(accessToken)).status).toBe(200)
    expect((await app.authorize(cookie)).status).toBe(303)
    const { events } = (await server.http.get('/api/account/activity').set('Authorization', `Bearer ${accessToken}`))
      .body
    expect(events.map(({ event }: { event: string }) => event)).toContain('code-reused')
  })

  test('many times at once leaves nobody signed in', async () => {
    const { cookie } = await signedUp()
    const code = await app.codeFor(cookie)
    const answers = await Promise.all(Array.from({ length: 8 }, () => app.redeem(code)))
    const good = answers.filter(({ status }) => status === 200)
    expect(good.length).toBeLessThanOrEqual(1)
    for (const { body } of good) {
      expect((await refresh(body.refresh_token)).status).toBe(401)
      expect((await whoAmI(body.access_token)).status).toBe(401)
    }
  })

  test('a second time before the first has opened its session, nobody gets one', async () => {
    const { cookie, user } = await signedUp()
    const code = await app.codeFor(cookie)
    const openChild = server.redis.openChildSession.bind(server.redis)
    const opening = jest.spyOn(server.redis, 'openChildSession').mockImplementationOnce((async (...args: never[]) => {
      expect((await app.redeem(code)).body.error).toBe('invalid_grant')
      return (openChild as (...args: never[]) => unknown)(...args)
    }) as never)
    expect((await app.redeem(code)).body.error).toBe('invalid_grant')
    opening.mockRestore()
    expect(await server.redis.hlen(`sessions:{${user.id}}`)).toBe(2)
  })

  test('gives nothing for a session that has ended, though an old dump of Redis has it', async () => {
    const { cookie, user } = await signedUp()
    const code = await app.codeFor(cookie)
    const before = await server.redis.hgetall(`sessions:{${user.id}}`)
    await server.http.post('/api/signout').set('Cookie', `xid_refresh=${cookie}`)
    await server.redis.hset(`sessions:{${user.id}}`, before)
    expect((await app.redeem(code)).body.error).toBe('invalid_grant')
  })

  test('after the browser has signed out gives nothing', async () => {
    const { cookie } = await signedUp()
    const code = await app.codeFor(cookie)
    await server.http.post('/api/signout').set('Cookie', `xid_refresh=${cookie}`)
    expect((await app.redeem(code)).body.error).toBe('invalid_grant')
  })

  test('after a sign-out everywhere, which came between, gives nothing that lasts', async () => {
    const { cookie, accessToken } = await signedUp()
    const code = await app.codeFor(cookie)
    await server.http.delete('/api/sessions').set('Authorization', `Bearer ${accessToken}`)
    expect((await app.redeem(code)).body.error).toBe('invalid_grant')
  })
})

describe('a code', () => {
  test('lives for a minute, and is nowhere but in the address', async () => {
    const { cookie } = await signedUp()
    const code = await app.codeFor(cookie)
    const key = `code:{${createHash('sha256').update(code).digest('base64url')}}`
    const ttl = await server.redis.pttl(key)
    expect(ttl).toBeGreaterThan(50_000)
    expect(ttl).toBeLessThanOrEqual(60_000)
    const stored = await server.redis.get(key)
    expect(stored).toContain(returnAddress)
    expect(`${key} ${stored}`).not.toContain(code)
    await server.redis.del(key)
    expect((await app.redeem(code)).body.error).toBe('invalid_grant')
    expect(server.logText()).not.toContain(code)
  })

  test('is another one each time', async () => {
    const { cookie } = await signedUp()
    expect(await app.codeFor(cookie)).not.toBe(await app.codeFor(cookie))
  })
})

test('while Redis is away, nobody is sent anywhere, and no cookie is lost', async () => {
  const { cookie } = await signedUp()
  const code = await app.codeFor(cookie)
  const away = (method: 'rotateSession' | 'set' | 'get') =>
    jest.spyOn(server.redis, method).mockRejectedValue(new Error('Connection is closed.') as never)
  for (const method of ['rotateSession', 'set'] as const) {
    const spy = away(method)
    const res = await app.authorize(cookie)
    expect([res.status, res.headers.location, setCookies(res)]).toEqual([503, undefined, []])
    spy.mockRestore()
  }
  const spy = away('get')
  expect((await app.redeem(code)).status).toBe(503)
  spy.mockRestore()
  expect((await app.redeem(code)).status).toBe(200)
})
