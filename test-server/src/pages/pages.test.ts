import { randomBytes, randomUUID } from 'node:crypto'
import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { memoryLog, serve } from '@auth-pair/service/testing'
import RedisMock from 'ioredis-mock'
import request from 'supertest'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'

const secret = randomBytes(48).toString('base64')
const settings = {
  JWT_ACCESS_SECRET: secret,
  AUTH_SERVER_URL: 'http://127.0.0.1:1',
  SESSION_REDIS_URL: 'redis://in-memory',
  SESSION_SECRET: randomBytes(48).toString('base64'),
}
const started = async (more: Record<string, string> = {}) => {
  const { log } = memoryLog()
  const { app, routes } = createApp({
    config: readConfig({ ...settings, ...more }),
    log,
    sessionRedis: new RedisMock(),
  })
  return { ...(await serve(app)), routes }
}

let server: Awaited<ReturnType<typeof started>>
beforeAll(async () => {
  server = await started()
})
afterAll(() => server.close())
const get = (path: string) =>
  request(server.url).get(path).set({ Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' }).redirects(0)

const policy =
  "default-src 'none';style-src 'self';img-src 'self';form-action 'self';frame-ancestors 'none';base-uri 'none'"

describe('the pages', () => {
  test('begin with one that everybody sees, and that leads to the sign-in', async () => {
    const res = await get('/')
    expect([res.status, res.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(res.text).toContain('<h1>Test-server</h1>')
    expect(res.text).toContain('href="/restricted"')
    expect(res.headers).not.toHaveProperty('set-cookie')
  })

  test('load nothing but their own style and icon, under a strict policy, and run nothing', async () => {
    for (const path of ['/', '/restricted', '/sign-in', '/signed-in']) {
      const res = await get(path)
      expect([path, res.headers['content-security-policy']]).toEqual([path, policy])
      expect(res.headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'cache-control': 'no-store',
        'x-request-id': expect.any(String),
      })
    }
    const { text } = await get('/')
    expect(text).not.toMatch(/<script|<style|style=|\son[a-z]+=/)
    const assets = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
    expect(new Set(assets).size).toBe(2)
    for (const path of assets) {
      const res = await get(path)
      expect([res.status, res.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable'])
    }
    expect((await get('/assets/none.css')).status).toBe(404)
  })

  test('lead to the sign-in of the auth-server those who are not signed in', async () => {
    const restricted = await get('/restricted')
    expect([restricted.status, restricted.headers.location]).toEqual([303, '/sign-in?return_to=%2Frestricted'])
    const res = await get('/sign-in?return_to=/restricted')
    const { origin, pathname, searchParams } = new URL(res.headers.location ?? '')
    expect([res.status, origin, pathname]).toEqual([303, 'http://localhost:3000', '/api/authorize'])
    expect(searchParams.get('redirect_uri')).toBe('http://localhost:4000/signed-in')
    expect(res.headers['set-cookie']).toEqual([expect.stringMatching(/^session-4000=.*; HttpOnly; SameSite=Lax$/)])
  })

  test('tell a person of an address that is none, or not for this method; programs are told in JSON', async () => {
    const missing = await get('/restricte')
    expect([missing.status, missing.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(missing.text).toContain('<h1>There is no such page</h1>')
    expect(missing.headers).toMatchObject({ 'content-security-policy': policy, 'cache-control': 'no-store' })
    const form = await request(server.url).post('/restricted').set('Accept', 'text/html').type('form').send('a=b')
    expect([form.status, form.headers.allow, form.headers['content-type']]).toEqual([
      405,
      'GET, HEAD, OPTIONS',
      'text/html; charset=utf-8',
    ])
    const foreign = await request(server.url)
      .post('/sign-out')
      .set({ Accept: 'text/html', Origin: 'https://evil.example' })
    expect([foreign.status, foreign.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
    for (const path of ['/api/none', '/health/none']) {
      expect((await get(path)).body).toMatchObject({ code: 'not-found' })
    }
    expect((await request(server.url).get('/none')).body).toMatchObject({ code: 'not-found' })
    const unreadable = await get('/assets/%zz')
    expect([unreadable.status, unreadable.headers['content-type']]).toEqual([400, 'text/html; charset=utf-8'])
  })

  test('say on a page what is wrong, and to others in JSON', async () => {
    const res = await get('/signed-in?state=x&code=y')
    expect([res.status, res.text]).toEqual([400, expect.stringContaining('<h1>This sign-in is not known here</h1>')])
    expect(res.text).toContain(res.headers['x-request-id'])
    const json = await request(server.url).get('/signed-in?state=x&code=y').set('Accept', 'application/json')
    expect([json.status, json.body.code]).toEqual([400, 'sign-in-unknown'])
  })

  test('show the restricted one to callers with a token, and nothing of what they claim', async () => {
    const userId = randomUUID()
    const sign = createSigner({ key: createKey(secret), issuer: 'http://localhost:3000', audience: 'auth-pair' })
    const token = sign({ userId, sessionId: 'x', now: Date.now(), lifeS: 300 })
    const res = await get('/restricted').set({ Authorization: `Bearer ${token}`, 'X-User-Id': 'mallory' })
    expect(res.status).toBe(200)
    expect(res.text).toContain('This is only for signed-in users.')
    expect(res.text).toContain(`<code>${userId}</code>`)
    expect(res.text).toContain('<form method="post" action="/sign-out">')
    expect(res.text).not.toContain('mallory')
  })

  test.each([
    [{ Origin: 'http://localhost:4000' }, 303],
    [{ Origin: 'http://localhost:3000' }, 403],
    [{ Origin: 'http://evil.example' }, 403],
    [{ 'Sec-Fetch-Site': 'same-site' }, 403],
  ])('sign out for their own form alone: %j is %i', async (headers, status) => {
    const res = await request(server.url).post('/sign-out').set(headers).redirects(0)
    expect(res.status).toBe(status)
  })

  test('sign nobody out for a page that may call the API', async () => {
    const allowing = await started({ CORS_ORIGINS: 'https://front.example.com' })
    const res = await request(allowing.url).post('/sign-out').set('Origin', 'https://front.example.com')
    expect(res.status).toBe(403)
    await allowing.close()
  })

  test('have a cookie that is Secure and prefixed where browsers come in by https', async () => {
    const secure = await started({ TEST_PUBLIC_URL: 'https://app.example.com' })
    const res = await request(secure.url).get('/sign-in').redirects(0)
    expect(res.headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-session=.*; Path=\/; HttpOnly; Secure; /),
    ])
    expect(res.headers['strict-transport-security']).toBe('max-age=31536000')
    await secure.close()
  })
})

describe('their settings', () => {
  test('are none, and then there are no pages', async () => {
    const { log } = memoryLog()
    const { routes } = createApp({ config: readConfig({ JWT_ACCESS_SECRET: secret }), log })
    expect(routes.map(({ path }) => path)).toEqual(['/api/restricted', '/health/live', '/health/ready'])
    // those of a `.env` that serves others too
    const { SESSION_REDIS_URL, ...rest } = settings
    expect(readConfig(rest).pages).toBeUndefined()
  })

  test('go together', () => {
    for (const name of ['SESSION_SECRET', 'AUTH_SERVER_URL'])
      expect(() => readConfig({ ...settings, [name]: '' })).toThrow(/SESSION_REDIS_URL demands a SESSION_SECRET/)
    expect(() => readConfig({ ...settings, SESSION_SECRET: 'short' })).toThrow(/SESSION_SECRET/)
    expect(() => readConfig({ ...settings, TEST_PUBLIC_URL: 'http://localhost:4000/x' })).toThrow(/TEST_PUBLIC_URL/)
    expect(() => readConfig({ ...settings, SESSION_REDIS_URL: 'http://x' })).toThrow(/SESSION_REDIS_URL/)
  })
})
