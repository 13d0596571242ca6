import { randomBytes, randomUUID } from 'node:crypto'
import { createRefreshTokenCodec } from '../sessions/refresh-token.ts'
import {
  cookieOf,
  goodPassword,
  secrets,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'

const codec = createRefreshTokenCodec(secrets.REFRESH_TOKEN_SECRET)
const generationOf = (token: string | undefined) => codec.decode(token ?? '')?.generation

let server: TestServer
let clock: number
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => clock })
})
beforeEach(() => {
  clock = Date.now()
})
afterAll(() => server.close())

const byCookie = (token: string) => server.http.post('/api/refresh').set('Cookie', `xid_refresh=${token}`)
const byBody = (refreshToken: unknown) => server.http.post('/api/refresh').send({ refreshToken })
const byHeader = (token: string) => server.http.post('/api/refresh').set('Authorization', `Bearer ${token}`)
const settle = () => {
  clock += 30_000
}
const expectEnded = (res: Awaited<ReturnType<typeof byBody>>) =>
  expect([res.status, res.body.code]).toEqual([401, 'session-ended'])

describe('POST /api/refresh', () => {
  test('by cookie gives a new access token, and both cookies anew', async () => {
    const { refreshToken, accessToken } = await signUp(server, { tokenTransport: 'cookie' })
    const res = await byCookie(refreshToken)
    expect(res.status).toBe(200)
    expect(res.body).toEqual({ accessToken: expect.stringMatching(/^eyJ/), tokenType: 'Bearer', expiresIn: 300 })
    expect(res.body.accessToken).not.toBe(accessToken)
    expect(setCookies(res)).toEqual([
      expect.stringMatching(/^xid_refresh=[A-Za-z0-9_-]{96}; Max-Age=432000; Path=\/api; .*HttpOnly; SameSite=Lax$/),
      expect.stringMatching(/^xid_access=eyJ.*; Max-Age=300; Path=\/; .*HttpOnly; SameSite=Lax$/),
    ])
    expect(generationOf(cookieOf(res, 'xid_refresh'))).toBe(2)
  })

  test.each([
    ['body', byBody],
    ['Authorization header', byHeader],
  ])('by %s gives both tokens in the answer, and no cookie', async (_, send) => {
    const { refreshToken } = await signUp(server)
    const res = await send(refreshToken)
    expect(res.status).toBe(200)
    expect(Object.keys(res.body)).toEqual(['accessToken', 'tokenType', 'expiresIn', 'refreshToken'])
    expect(setCookies(res)).toEqual([])
    expect(generationOf(res.body.refreshToken)).toBe(2)
  })

  test('a token that went out of use ends the session for everybody, and says so in the log', async () => {
    const { refreshToken, user } = await signUp(server, { tokenTransport: 'cookie' })
    const first = cookieOf(await byCookie(refreshToken), 'xid_refresh') as string
    settle()
    const second = cookieOf(await byCookie(first), 'xid_refresh') as string
    settle()
    const third = cookieOf(await byCookie(second), 'xid_refresh') as string
    settle()
    const res = await byCookie(refreshToken)
    expectEnded(res)
    // the browser forgets both
    expect(setCookies(res)).toEqual([
      'xid_refresh=; Path=/api; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
      'xid_access=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
    ])
    for (const token of [first, second, third]) expectEnded(await byCookie(token))
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', userId: user.id, msg: expect.stringContaining('retired') }),
    )
  })

  test('no access token outlives its session', async () => {
    const { refreshToken } = await signUp(server)
    clock += 5 * 86_400_000 - 100_000
    expect((await byBody(refreshToken)).body.expiresIn).toBe(300)
    const { refreshToken: other } = await signUp(server)
    let token = other
    for (let day = 0; day < 29; day++) {
      clock += 86_400_000
      token = (await byBody(token)).body.refreshToken
    }
    clock += 86_400_000 - 100_000
    const last = await byBody(token)
    expect(last.body.expiresIn).toBe(100)
    clock += 100_000
    expectEnded(await byBody(last.body.refreshToken))
  })

  test('cookies live as long as the session can', async () => {
    const { refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    let token = refreshToken
    for (let day = 0; day < 27; day++) {
      clock += 86_400_000
      token = cookieOf(await byCookie(token), 'xid_refresh') as string
    }
    clock += 86_400_000
    const [cookie] = setCookies(await byCookie(token))
    expect(cookie).toContain(`Max-Age=${2 * 86_400}`)
  })

  test('an idle session ends', async () => {
    const { refreshToken } = await signUp(server)
    clock += 5 * 86_400_000
    expectEnded(await byBody(refreshToken))
  })

  test('one session ends without the others of its user', async () => {
    const { email, refreshToken } = await signUp(server)
    const other = await server.http.post('/api/signin').send({ email, password: goodPassword, tokenTransport: 'body' })
    await server.http.post('/api/signout').send({ refreshToken })
    expectEnded(await byBody(refreshToken))
    expect((await byBody(other.body.refreshToken)).status).toBe(200)
  })
})

describe('what is no refresh token', () => {
  test('nothing at all', async () => {
    const res = await server.http.post('/api/refresh')
    expectEnded(res)
    expect(res.headers['www-authenticate']).toBe('Bearer realm="auth-pair"')
    expect(setCookies(res)).toEqual([])
  })

  test.each([
    'x',
    'A'.repeat(96),
    `${'A'.repeat(95)}=`,
    'undefined',
    'null',
    '../../etc/passwd',
    '*',
    'a:b',
    "' OR 1=1",
    '\u00e9',
    'x'.repeat(10_000),
  ])('%j: 401 without asking Redis', async token => {
    const rotate = jest.spyOn(server.redis, 'rotateSession')
    expectEnded(await byBody(token))
    expect(rotate).not.toHaveBeenCalled()
    rotate.mockRestore()
  })

  test.each([null, 5, true, ['a'], { a: 1 }])('%j in the body: 400', async value => {
    const res = await byBody(value)
    expect([res.status, res.body.errors]).toEqual([400, [{ path: 'refreshToken', message: expect.any(String) }]])
  })

  test('one of another secret', async () => {
    const { user } = await signUp(server)
    const other = createRefreshTokenCodec(randomBytes(48).toString('base64'))
    const forged = other.encode({ transport: 'body', userId: user.id, sessionId: 'A'.repeat(22), generation: 1 })
    expectEnded(await byBody(forged))
  })

  test('one of a session that never was, or of another user', async () => {
    const { refreshToken } = await signUp(server)
    const token = codec.decode(refreshToken)
    if (!token) throw new Error('no token')
    expectEnded(await byBody(codec.encode({ ...token, sessionId: 'A'.repeat(22) })))
    expectEnded(await byBody(codec.encode({ ...token, userId: randomUUID() })))
    expect((await byBody(refreshToken)).status).toBe(200)
  })

  test('an access token, and the reverse', async () => {
    const { accessToken, refreshToken } = await signUp(server)
    for (const send of [byBody, byHeader, byCookie]) expectEnded(await send(accessToken))
    const res = await server.http.get('/api/auth/user').set('Authorization', `Bearer ${refreshToken}`)
    expect([res.status, res.body.code]).toEqual([401, 'access-token-invalid'])
  })

  test('one in the address', async () => {
    const { refreshToken } = await signUp(server)
    expectEnded(await server.http.post(`/api/refresh?refreshToken=${refreshToken}&xid_refresh=${refreshToken}`))
  })

  test('one of a cookie session in the body, and the reverse', async () => {
    const cookie = await signUp(server, { tokenTransport: 'cookie' })
    const body = await signUp(server)
    expectEnded(await byBody(cookie.refreshToken))
    expectEnded(await byHeader(cookie.refreshToken))
    expectEnded(await byCookie(body.refreshToken))
    // and neither has suffered
    expect((await byCookie(cookie.refreshToken)).status).toBe(200)
    expect((await byBody(body.refreshToken)).status).toBe(200)
  })
})

describe('more than one credential', () => {
  const refused = async (req: ReturnType<typeof byBody>) => {
    const res = await req
    expect([res.status, res.body.code, setCookies(res)]).toEqual([400, 'ambiguous-credentials', []])
  }

  test('is refused, not guessed at, and harms no session', async () => {
    const one = await signUp(server, { tokenTransport: 'cookie' })
    const other = await signUp(server, { tokenTransport: 'cookie' })
    const inBody = await signUp(server)
    const post = () => server.http.post('/api/refresh')
    for (const [a, b] of [
      [one, other],
      [other, one],
      [one, one],
    ] as const) {
      await refused(post().set('Cookie', `xid_refresh=${a.refreshToken}; xid_refresh=${b.refreshToken}`))
    }
    await refused(post().set('Cookie', `xid_refresh=${one.refreshToken}; xid_refresh=`))
    await refused(byCookie(one.refreshToken).send({ refreshToken: inBody.refreshToken }))
    await refused(byCookie(one.refreshToken).set('Authorization', `Bearer ${inBody.refreshToken}`))
    await refused(byHeader(inBody.refreshToken).send({ refreshToken: inBody.refreshToken }))
    await refused(server.http.post('/api/signout').set('Cookie', `xid_refresh=${one.refreshToken}; xid_refresh=x`))
    for (const { refreshToken } of [one, other]) expect((await byCookie(refreshToken)).status).toBe(200)
    expect((await byBody(inBody.refreshToken)).status).toBe(200)
  })

  test('an access token in the header is not one of them', async () => {
    const { refreshToken, accessToken } = await signUp(server, { tokenTransport: 'cookie' })
    expect((await byCookie(refreshToken).set('Authorization', `Bearer ${accessToken}`)).status).toBe(200)
  })

  test.each([
    ['quotes', (token: string) => `xid_refresh="${token}"`],
    ['percent-encoding', (token: string) => `xid_refresh=%${token.charCodeAt(0).toString(16)}${token.slice(1)}`],
    ['JSON', (token: string) => `xid_refresh=j:"${token}"`],
    ['a space of another alphabet before the name', (token: string) => `\u00a0xid_refresh=${token}`],
    ['another case', (token: string) => `XID_REFRESH=${token}`],
    ['a version', (token: string) => `$Version=1; "xid_refresh"=${token}`],
    ['no name', (token: string) => `=xid_refresh=${token}`],
    ['a space before the sign', (token: string) => `xid_refresh =${token}`],
    ['a prefix of another configuration', (token: string) => `__Secure-xid_refresh=${token}`],
  ])('a cookie with %s is not ours', async (_, write) => {
    const { refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    expectEnded(await server.http.post('/api/refresh').set('Cookie', write(refreshToken)))
    expect((await byCookie(refreshToken)).status).toBe(200)
  })
})
