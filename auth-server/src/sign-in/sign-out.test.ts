import { setCookies, signUp, startAuthServer, type TestServer, testRedis } from '../testing/index.ts'

let server: TestServer
let clock: number
const redis = testRedis()
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => clock })
})
beforeEach(() => {
  clock = Date.now()
})
afterAll(async () => {
  redis.disconnect()
  await server.close()
})

const byCookie = (token: string) => server.http.post('/api/refresh').set('Cookie', `xid_refresh=${token}`)
const byBody = (refreshToken: unknown) => server.http.post('/api/refresh').send({ refreshToken })
const expectEnded = (res: Awaited<ReturnType<typeof byBody>>) =>
  expect([res.status, res.body.code]).toEqual([401, 'session-ended'])

describe('POST /api/signout', () => {
  test('ends the session and makes the browser forget it', async () => {
    const { refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    const res = await server.http.post('/api/signout').set('Cookie', `xid_refresh=${refreshToken}`)
    expect([res.status, res.text]).toEqual([204, ''])
    expect(setCookies(res)).toEqual([
      'xid_refresh=; Path=/api; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
      'xid_access=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
    ])
    expectEnded(await byCookie(refreshToken))
  })

  test.each([
    ['body', (token: string) => server.http.post('/api/signout').send({ refreshToken: token })],
    [
      'Authorization header',
      (token: string) => server.http.post('/api/signout').set('Authorization', `Bearer ${token}`),
    ],
  ])('by %s ends the session and sets no cookie', async (_, signOut) => {
    const { refreshToken } = await signUp(server)
    const res = await signOut(refreshToken)
    expect([res.status, setCookies(res)]).toEqual([204, []])
    expectEnded(await byBody(refreshToken))
    expect((await signOut(refreshToken)).status).toBe(204)
  })

  test('is 204 without a session, with junk and with an ended session', async () => {
    for (const cookie of ['', 'xid_refresh=junk', 'other=1']) {
      expect((await server.http.post('/api/signout').set('Cookie', cookie)).status).toBe(204)
    }
    expect((await server.http.post('/api/signout').send({ refreshToken: 'junk' })).status).toBe(204)
  })

  test('accepts a token that was replaced: whoever signs out holds a token of the session', async () => {
    const { refreshToken } = await signUp(server)
    clock += 30_000
    const next = (await byBody(refreshToken)).body.refreshToken
    await server.http.post('/api/signout').send({ refreshToken })
    expectEnded(await byBody(next))
  })

  test('leaves nothing of the session in Redis', async () => {
    const { refreshToken, user } = await signUp(server)
    await server.http.post('/api/signout').send({ refreshToken })
    expect(await redis.exists(`sessions:{${user.id}}`)).toBe(0)
  })
})
