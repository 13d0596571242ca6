import { problems } from '@auth-pair/service'
import { Validator } from '@seriousme/openapi-schema-validator'
import { startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

type Description = { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> }
const description = async () => (await server.http.get('/openapi.json')).body as Description

describe('/openapi.json', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(await description())).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  test('describes every route of this server, and no other but that of the test-server', async () => {
    const { paths } = await description()
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method} ${path}`),
    )
    // what people look at is no part of the API
    const pages = /^\/($|docs\/.|sign-in$|sign-up$|account(\/|$)|api\/continue$|assets\/)/
    const wired = server.routes
      .filter(({ path }) => !pages.test(path))
      .map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`)
    expect(described.sort()).toEqual([...wired, 'get /api/restricted'].sort())
  })

  test('names only problems of the catalogue, under their own statuses', async () => {
    const { paths } = await description()
    const statuses = new Set<string>()
    for (const { responses } of Object.values(paths).flatMap(methods => Object.values(methods))) {
      for (const [status, response] of Object.entries(responses)) {
        const codes = [...((response as { description: string }).description.matchAll(/`([a-z-]+)`:/g) ?? [])].map(
          ([, code]) => code,
        )
        for (const code of codes)
          expect([code, String(problems[code as keyof typeof problems].status)]).toEqual([code, status])
        statuses.add(status)
      }
    }
    expect([...statuses].sort()).toEqual([
      '200',
      '201',
      '204',
      '303',
      '400',
      '401',
      '403',
      '404',
      '408',
      '409',
      '413',
      '415',
      '429',
      '500',
      '503',
    ])
  })

  test.each([
    ['post', '/api/signup', {}],
    ['post', '/api/signin', {}],
    ['post', '/api/signin', { email: 'nobody@example.com', password: 'not the password' }],
    ['post', '/api/refresh', { refreshToken: 5 }],
    ['post', '/api/refresh', { refreshToken: 'junk' }],
    ['post', '/api/signout', {}],
    ['post', '/api/password', {}],
    ['get', '/api/auth/user', undefined],
  ] as const)('tells what %s %s really answers', async (method, path, body) => {
    const { paths } = await description()
    const responses = (paths[path]?.[method]?.responses ?? {}) as Record<string, { description: string }>
    for (const headers of [{}, { Origin: 'https://evil.example' }, { 'Content-Type': 'text/plain' }]) {
      const req = server.http[method](path).set(headers)
      const res = await (body === undefined ? req : req.send('Content-Type' in headers ? 'x' : body))
      expect(Object.keys(responses)).toContain(String(res.status))
      if (res.body.code) expect(responses[res.status]?.description).toContain(`\`${res.body.code}\``)
    }
  })
})

describe('/docs', () => {
  test('is a page under strict headers, and everything it loads is there', async () => {
    const res = await server.http.get('/docs')
    expect(res.status).toBe(200)
    expect(res.headers['content-type']).toBe('text/html; charset=utf-8')
    const assets = [...res.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string)
    expect(assets).toHaveLength(3)
    for (const path of ['/docs', ...assets]) {
      const { status, headers } = await server.http.get(path)
      expect([path, status]).toEqual([path, 200])
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'x-request-id': expect.any(String),
        vary: 'Origin',
      })
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/)
      for (const absent of ['x-powered-by', 'etag', 'strict-transport-security'])
        expect(headers).not.toHaveProperty(absent)
    }
  })

  test('says what is configured, and demands https where the outside comes in by it', async () => {
    const settings = {
      PUBLIC_URL: 'https://login.example.com',
      COOKIE_SECURE: 'true',
      BCRYPT_COST: '10',
      PASSWORD_MIN_LENGTH: '15',
    }
    const secure = await startAuthServer(settings)
    expect((await secure.http.get('/docs')).headers['strict-transport-security']).toBe('max-age=31536000')
    const { components, servers } = (await secure.http.get('/openapi.json')).body
    expect(servers[0].url).toBe('https://login.example.com')
    expect(components.securitySchemes.refreshCookie.name).toBe('__Secure-xid_refresh')
    expect(components.schemas.NewCredentials.properties.password.minLength).toBe(15)
    await secure.close()
  })
})
