import { startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const policy =
  "default-src 'none';style-src 'self';script-src 'self';img-src 'self';connect-src 'self';worker-src 'self';form-action 'self';frame-ancestors 'none';base-uri 'none'"

test('what a page loads is there, for ever, under the headers of the page', async () => {
  const page = await server.http.get('/sign-in')
  const paths = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  expect(new Set(paths).size).toBe(3)
  for (const path of paths) {
    const { status, headers } = await server.http.get(path)
    expect([path, status, headers['cache-control']]).toEqual([path, 200, 'public, max-age=31536000, immutable'])
    expect(headers['content-type']).toMatch(/^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/)
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-security-policy': policy })
    expect(headers).not.toHaveProperty('etag')
  }
})

test.each(['pages.css', 'pages.0123456789.css', '..%2fpages.css', '%2e%2e', 'constructor', '__proto__'])(
  'there is nothing at /assets/%s',
  async name => {
    const res = await server.http.get(`/assets/${name}`)
    expect([res.status, res.headers['cache-control']]).toEqual([404, 'no-store'])
  },
)

test('pages carry strict headers, and demand https where the outside comes in by it', async () => {
  const { headers } = await server.http.get('/sign-in')
  expect(headers).toMatchObject({
    'content-security-policy': policy,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    vary: 'Origin',
  })
  for (const absent of ['x-powered-by', 'etag', 'strict-transport-security']) expect(headers).not.toHaveProperty(absent)
  const secure = await startAuthServer({
    PUBLIC_URL: 'https://a.example.com',
    COOKIE_SECURE: 'true',
    BCRYPT_COST: '10',
  })
  expect((await secure.http.get('/sign-in')).headers['strict-transport-security']).toBe('max-age=31536000')
  await secure.close()
})

test('forms may lead to the front ends that a sign-in returns to, each named once', async () => {
  const returning = await startAuthServer({
    RETURN_ADDRESSES: 'http://localhost:4000/signed-in,http://localhost:4000/other,https://app.example.com/back',
  })
  const { headers } = await returning.http.get('/sign-in')
  expect(headers['content-security-policy']).toContain(
    "form-action 'self' http://localhost:4000 https://app.example.com;",
  )
  await returning.close()
})
