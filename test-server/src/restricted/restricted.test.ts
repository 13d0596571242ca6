import { randomBytes, randomUUID } from 'node:crypto'
import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { memoryLog, sendRaw, serve } from '@auth-pair/service/testing'
import request from 'supertest'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'

const secret = randomBytes(48).toString('base64')
const config = readConfig({ JWT_ACCESS_SECRET: secret, CORS_ORIGINS: 'https://app.example.com' })
const { issuer, audience } = config.accessToken
const { log, lines: logLines, text: logText } = memoryLog()
const { app, drain } = createApp({ config, log })
const sign = createSigner({ key: createKey(secret), issuer, audience })
const userId = randomUUID()
const token = sign({ userId, sessionId: 'x', now: Date.now(), lifeS: 300 })

let server: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  server = await serve(app)
})
afterAll(() => server.close())
const get = () => request(server.url).get('/api/restricted')
const raw = (...headers: string[]) =>
  sendRaw(
    server.port,
    ['GET /api/restricted HTTP/1.1', 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'),
  )

describe('GET /api/restricted', () => {
  test('answers who presents a good token', async () => {
    const res = await get().set('Authorization', `Bearer ${token}`)
    expect([res.status, res.body]).toEqual([
      200,
      { message: 'This is only for signed-in users.', user: { id: userId } },
    ])
    expect(res.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'Origin',
    })
    for (const absent of ['etag', 'x-powered-by', 'set-cookie']) expect(res.headers).not.toHaveProperty(absent)
  })

  test('tells the log what was wrong with a token, and the client only that something was', async () => {
    const expired = sign({ userId, sessionId: 'x', now: Date.now() - 3_600_000, lifeS: 300 })
    const res = await get().set('Authorization', `Bearer ${expired}`)
    expect([res.status, res.body.code]).toEqual([401, 'access-token-invalid'])
    expect(res.text).not.toContain('expired')
    expect(logLines).toContainEqual(
      expect.objectContaining({
        level: 'debug',
        requestId: res.body.requestId,
        code: 'access-token-invalid',
        err: { message: 'expired' },
        msg: 'refused',
      }),
    )
  })

  test('without a token: 401 with a bare challenge', async () => {
    const res = await get()
    expect([res.status, res.body.code, res.headers['www-authenticate']]).toEqual([
      401,
      'access-token-required',
      'Bearer realm="auth-pair"',
    ])
  })

  test('with a token that is bad, expired, or for somebody else: 401 with invalid_token, and nothing of it in the log', async () => {
    const other = createSigner({ key: createKey(secret), issuer, audience: 'other' })
    for (const bad of [
      'x',
      `${token}x`,
      token.slice(0, -3),
      sign({ userId, sessionId: 'x', now: Date.now() - 400_000, lifeS: 300 }),
      sign({ userId, sessionId: 'x', now: Date.now() + 60_000, lifeS: 300 }),
      other({ userId, sessionId: 'x', now: Date.now(), lifeS: 300 }),
      '{"payload":"x"}',
      '????',
    ]) {
      const res = await get().set('Authorization', `Bearer ${bad}`)
      expect([res.status, res.body.code]).toEqual([401, 'access-token-invalid'])
      expect(res.headers['www-authenticate']).toBe('Bearer realm="auth-pair", error="invalid_token"')
      if (bad.length > 10) expect(res.text + logText()).not.toContain(bad)
    }
  })

  test.each([
    [['Authorization: Bearer TOKEN'], 200],
    [['authorization: bearer TOKEN'], 200],
    [['Authorization: BEARER TOKEN'], 200],
    [['Authorization: Bearer TOKEN', 'Authorization: Bearer TOKEN'], 400],
    [['Authorization: Bearer x', 'Authorization: Bearer TOKEN'], 400],
    [['Authorization: Basic YTpi', 'Authorization: Bearer TOKEN'], 400],
    [['Authorization: Bearer Bearer TOKEN'], 400],
    [['Authorization: Bearer  TOKEN'], 400],
    [['Authorization: Bearer\tTOKEN'], 400],
    [['Authorization: Bearer TOKEN, Bearer TOKEN'], 400],
    [['Authorization: Bearer'], 400],
    [['Authorization: BearerTOKEN'], 401],
    [['Authorization: TOKEN'], 401],
    [['Authorization: Basic TOKEN'], 401],
    [['Authorization: DPoP TOKEN'], 401],
    [['Cookie: xid_access=TOKEN'], 401],
    [['X-Access-Token: TOKEN'], 401],
    [['Proxy-Authorization: Bearer TOKEN'], 401],
  ])('the header alone carries a token: %j is %i', async (headers, status) => {
    const text = await raw(...headers.map(header => header.replaceAll('TOKEN', token)))
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    if (status === 400) expect(text).toContain('error="invalid_request"')
  })

  test('a token in the address or the body is not seen', async () => {
    expect((await request(server.url).get(`/api/restricted?access_token=${token}`)).status).toBe(401)
    expect((await get().type('form').send(`access_token=${token}`)).status).toBe(401)
  })

  test('is read-only', async () => {
    for (const method of ['post', 'put', 'patch', 'delete'] as const) {
      const res = await request(server.url)[method]('/api/restricted').set('Authorization', `Bearer ${token}`)
      expect([res.status, res.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
    }
  })

  test('answers pages of the allow-list', async () => {
    const res = await get().set({ Authorization: `Bearer ${token}`, Origin: 'https://app.example.com' })
    expect([res.status, res.headers['access-control-allow-origin']]).toEqual([200, 'https://app.example.com'])
  })

  test('junk is refused without a line of stack in the log, and good tokens go on', async () => {
    for (let i = 0; i < 200; i++) await get().set('Authorization', `Bearer ${randomBytes(300).toString('base64url')}`)
    expect((await get().set('Authorization', `Bearer ${token}`)).status).toBe(200)
    expect(
      logText()
        .split('\n')
        .filter(line => line.includes('"level":"error"')),
    ).toEqual([])
  })
})

describe('health of the test-server', () => {
  test('is ready until it drains, and lives on', async () => {
    const at = (path: string) => request(server.url).get(path)
    expect((await at('/health/ready')).status).toBe(200)
    drain()
    expect((await at('/health/ready')).status).toBe(503)
    expect((await at('/health/live')).status).toBe(200)
  })
})

describe('its configuration', () => {
  test('needs the secret alone', () => {
    expect(readConfig({ JWT_ACCESS_SECRET: secret })).toMatchObject({
      port: 4000,
      accessToken: { secrets: [secret], issuer: 'http://localhost:3000', audience: 'auth-pair' },
    })
    expect(() => readConfig({})).toThrow(/JWT_ACCESS_SECRET is required/)
    expect(() => readConfig({ JWT_ACCESS_SECRET: 'short' })).toThrow(/at least 32 bytes/)
  })

  test('refuses published secrets with https', () => {
    const published = 'development-only-access-token-secret-change-me'
    expect(readConfig({ JWT_ACCESS_SECRET: published }).port).toBe(4000)
    expect(() => readConfig({ JWT_ACCESS_SECRET: published, PUBLIC_URL: 'https://login.example.com' })).toThrow(
      /published sample/,
    )
  })
})
