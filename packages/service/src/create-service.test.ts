import request from 'supertest'
import { createService } from './create-service.ts'
import { healthRoutes } from './health.ts'
import { jsonBody } from './json-body.ts'
import { Problem, type ProblemCode, problems } from './problems.ts'
import { open, type Route } from './route.ts'
import { sendJson } from './send.ts'
import { memoryLog, sendRaw, serve } from './testing.ts'

const memory = memoryLog()
const never = new Promise<never>(() => {})
let ready = true
const routes: Route[] = [
  { method: 'get', path: '/thing', guard: open, handle: [(_req, res) => sendJson(res, 200, { thing: 'é' })] },
  {
    method: 'get',
    path: '/cookies',
    guard: open,
    handle: [(_req, res) => sendJson(res, 200, {}, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'])],
  },
  {
    method: 'post',
    path: '/thing',
    guard: open,
    handle: [jsonBody, (req, res) => sendJson(res, 200, { keys: Object.keys(req.body) })],
  },
  { method: 'delete', path: '/thing/:id', guard: open, handle: [(_req, res) => sendJson(res, 200, {})] },
  {
    method: 'get',
    path: '/throws',
    guard: open,
    handle: [
      () => {
        throw new Error('SELECT secret FROM users')
      },
    ],
  },
  { method: 'get', path: '/rejects', guard: open, handle: [async () => Promise.reject(new Error('boom'))] },
  {
    method: 'get',
    path: '/throws-text',
    guard: open,
    handle: [
      () => {
        throw 'text'
      },
    ],
  },
  { method: 'get', path: '/hangs', guard: open, handle: [() => never] },
  ...(Object.keys(problems) as ProblemCode[]).map(
    (code): Route => ({
      method: 'get',
      path: `/problem/${code}`,
      guard: open,
      handle: [
        () => {
          throw new Problem(code, { cause: new Error('inner') })
        },
      ],
    }),
  ),
  ...healthRoutes(async () => ready),
]
const needs = {
  routes,
  log: memory.log,
  trustedProxies: [],
  corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
}
const app = createService({ ...needs, https: true, publicOrigin: 'https://login.example.com', deadlineMs: 200 })

let server: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  server = await serve(app, { https: true })
})
afterAll(() => server.close())
const http = () => request(server.url)

const expectShell = (headers: Record<string, string>) => {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    vary: expect.stringContaining('Origin'),
    'x-request-id': expect.stringMatching(/^[A-Za-z0-9-]{1,64}$/),
  })
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  for (const absent of ['x-powered-by', 'etag', 'server', 'location']) expect(headers).not.toHaveProperty(absent)
}

describe('every answer', () => {
  test('names the request that it answers, also when one problem answers many', () => {
    const once = new Problem('invalid-input', { errors: [{ path: 'a', message: 'b' }], detail: 'c' })
    for (const id of ['first', 'second']) expect(once.body(id)).toBe(JSON.stringify(once.details(id)))
  })

  test.each(Object.entries(problems))('carries the same headers: %s', async (code, { status, title }) => {
    const res = await http().get(`/problem/${code}`)
    expect(res.status).toBe(status)
    expectShell(res.headers)
    expect(res.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(res.body).toEqual({
      type: `urn:auth-pair:problem:${code}`,
      title,
      status,
      code,
      requestId: res.headers['x-request-id'],
    })
    if (status === 503) expect(res.headers['retry-after']).toBe('2')
    if (status === 401) expect(res.headers['www-authenticate']).toMatch(/^Bearer realm="auth-pair"/)
  })

  test.each([
    ['get', '/thing', 200],
    ['head', '/thing', 200],
    ['options', '/thing', 204],
    ['put', '/thing', 405],
    ['trace', '/thing', 405],
    ['get', '/nothing', 404],
    ['get', '/thing/', 404],
    ['get', '/Thing', 404],
    ['delete', '/thing/%', 400],
    ['post', '/thing', 415],
  ] as const)('%s %s: %i, with the headers', async (method, path, status) => {
    const res = await http()[method](path)
    expect(res.status).toBe(status)
    expectShell(res.headers)
  })

  test('is JSON in UTF-8 with its length', async () => {
    const res = await http().get('/thing')
    expect(res.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'content-length': '14' })
    expect(res.body).toEqual({ thing: 'é' })
  })

  test.each([{}, { Origin: 'https://app.example.com' }])('carries headers of its own besides: %j', async headers => {
    const res = await http().get('/cookies').set(headers)
    expectShell(res.headers)
    expect(res.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(res.headers['access-control-allow-origin']).toBe(headers.Origin)
  })

  test('ignores conditions: there is no 304', async () => {
    expect((await http().get('/thing').set('If-None-Match', '*')).status).toBe(200)
  })
})

describe('methods', () => {
  test('an address says which it answers to', async () => {
    for (const method of ['put', 'patch', 'delete'] as const) {
      const res = await http()[method]('/thing')
      expect([res.status, res.body.code, res.headers.allow]).toEqual([
        405,
        'method-not-allowed',
        'GET, HEAD, POST, OPTIONS',
      ])
    }
    expect((await http().get('/thing/5')).headers.allow).toBe('DELETE, OPTIONS')
  })

  test('HEAD is GET without a body', async () => {
    const res = await http().head('/thing')
    expect(res.headers['content-length']).toBe('14')
    expect(res.text ?? '').toBe('')
  })

  test('one address cannot have two routes of a method', () => {
    const [route] = routes as [Route]
    expect(() => createService({ ...needs, https: false, routes: [route, route] })).toThrow(/two routes/)
  })
})

describe('what goes wrong inside', () => {
  test.each(['/throws', '/rejects', '/throws-text'])(
    '%s is a 500 that says nothing, and the next request is served',
    async path => {
      const res = await http().get(path)
      expect(res.status).toBe(500)
      expect(res.body).toEqual({
        type: 'urn:auth-pair:problem:internal-error',
        title: problems['internal-error'].title,
        status: 500,
        code: 'internal-error',
        requestId: res.headers['x-request-id'],
      })
      expect((await http().get('/thing')).status).toBe(200)
    },
  )

  test('is in the log under the request id', async () => {
    const res = await http().get('/throws')
    const line = memory.lines.find(
      ({ requestId, level }) => requestId === res.headers['x-request-id'] && level === 'error',
    )
    expect(line).toMatchObject({ msg: 'unexpected error', err: { message: 'SELECT secret FROM users' } })
  })

  test('a request that nobody answers is 503 in time', async () => {
    const res = await http().get('/hangs')
    expect([res.status, res.body.code, res.headers['retry-after']]).toEqual([503, 'unavailable', '2'])
  })
})

describe('request ids', () => {
  test("are the caller's own when well formed", async () => {
    expect((await http().get('/thing').set('X-Request-Id', 'trace-17')).headers['x-request-id']).toBe('trace-17')
  })

  test.each(['a b', 'a\tb', 'x'.repeat(65), '\xe4', '{"a":1}', '../x', ''])('%j is replaced', async id => {
    const text = await sendRaw(
      server.port,
      `GET /thing HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nX-Request-Id: [0-9a-f]{12}-[0-9a-z]+\r\n/)
  })

  test('differ', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await http().get('/thing')).headers['x-request-id']),
    )
    expect(new Set(ids).size).toBe(20)
  })
})

describe('the log', () => {
  test('has one line a request, with the route and not the address', async () => {
    await http().delete('/thing/secret-in-the-path?token=secret-in-the-query').set('X-Request-Id', 'logged-1')
    await http().get('/secret-unknown').set('X-Request-Id', 'logged-2')
    const of = (id: string) => memory.lines.filter(({ requestId, msg }) => requestId === id && msg === 'request')
    expect(of('logged-1')).toEqual([
      expect.objectContaining({ method: 'DELETE', route: '/thing/:id', status: 200, durationMs: expect.any(Number) }),
    ])
    expect(of('logged-2')).toEqual([expect.objectContaining({ route: null, status: 404 })])
    expect(memory.text()).not.toContain('secret-')
  })

  test('leaves out what is secret, and of errors all but their words', () => {
    const err = Object.assign(
      new Error('outer', { cause: Object.assign(new Error('inner'), { detail: 'canary-1' }) }),
      {
        query: 'canary-2',
      },
    )
    memory.log.info({ err, password: 'canary-3', email: 'canary-4', 'set-cookie': ['canary-5'] }, 'careless')
    expect(memory.lines.at(-1)).toMatchObject({ err: { message: 'outer', cause: { message: 'inner' } } })
    expect(memory.text()).not.toContain('canary')
  })

  test('is one JSON object a line, whatever comes in', async () => {
    memory.log.info({ forged: 'a\n{"level":"error"}\u2028\u001b[31m' }, 'line\nbreak')
    for (const line of memory.text().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('level')
  })
})

describe('pages of other origins', () => {
  const post = (headers: Record<string, string>) => http().post('/thing').set(headers).send({})

  test.each([
    [{}],
    [{ Origin: 'https://login.example.com', 'Sec-Fetch-Site': 'same-origin' }],
    [{ Origin: 'https://app.example.com', 'Sec-Fetch-Site': 'cross-site' }],
    [{ Origin: 'http://localhost:5173' }],
    [{ 'Sec-Fetch-Site': 'same-origin' }],
  ])('may write: %j', async headers => {
    expect((await post(headers)).status).toBe(200)
  })

  test.each([
    [{ Origin: 'https://evil.example' }],
    [{ Origin: 'null' }],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }],
    [{ Origin: '' }],
    [{ Origin: 'http://login.example.com' }],
    [{ Origin: 'https://login.example.com:8443' }],
    [{ Origin: 'https://LOGIN.example.com' }],
    [{ Origin: 'https://login.example.com.' }],
    [{ Origin: 'https://login.example.com.evil.example' }],
    [{ Origin: 'https://evillogin.example.com' }],
    [{ Origin: 'https://app.example.com/' }],
    [{ Origin: 'https://sibling.example.com', 'Sec-Fetch-Site': 'same-site' }],
    [{ Origin: 'https://login.example.com', 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site' }],
    [{ 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'none' }],
    [{ 'Sec-Fetch-Site': 'x' }],
  ])('may not write: %j', async headers => {
    const res = await post(headers)
    expect([res.status, res.body.code]).toEqual([403, 'cross-site-request'])
    expect(res.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('of the allow-list read answers with credentials', async () => {
    const res = await http().get('/thing').set('Origin', 'https://app.example.com')
    expect(res.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'RateLimit,RateLimit-Policy,Retry-After,WWW-Authenticate,X-Request-Id',
    })
    expectShell(res.headers)
  })

  test('of the allow-list read problems too', async () => {
    const res = await http().get('/problem/session-ended').set('Origin', 'https://app.example.com')
    expect(res.headers['access-control-allow-origin']).toBe('https://app.example.com')
  })

  test('of the allow-list get their preflight answered', async () => {
    const res = await http().options('/thing').set({
      Origin: 'https://app.example.com',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    })
    expect(res.status).toBe(204)
    expect(res.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'GET,HEAD,POST,DELETE',
      'access-control-allow-headers': 'Authorization,Content-Type,X-Request-Id',
      'access-control-max-age': '600',
    })
    expectShell(res.headers)
  })

  test.each([
    'https://evil.example',
    'null',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://APP.example.com',
  ])('%s reads nothing and gets no preflight', async origin => {
    for (const res of [
      await http().get('/thing').set('Origin', origin),
      await http().options('/thing').set({ Origin: origin, 'Access-Control-Request-Method': 'POST' }),
    ]) {
      expect(Object.keys(res.headers).filter(name => name.startsWith('access-control'))).toEqual([])
      expect(res.headers.vary).toContain('Origin')
    }
  })

  test('do not meet in one another’s answers', async () => {
    const origins = ['https://app.example.com', 'http://localhost:5173', 'https://evil.example']
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const origin = origins[i % 3] as string
        const res = await http().get('/thing').set('Origin', origin)
        return [origin, res.headers['access-control-allow-origin']]
      }),
    )
    for (const [origin, allowed] of answers)
      expect(allowed).toBe(origin === 'https://evil.example' ? undefined : origin)
  })
})

describe('the address of a client', () => {
  const addressBehind = async (trustedProxies: string[], forwarded: string) => {
    const route: Route = {
      method: 'get',
      path: '/ip',
      guard: open,
      handle: [(req, res) => sendJson(res, 200, { ip: req.ip })],
    }
    const own = await serve(createService({ ...needs, routes: [route], https: false, trustedProxies }))
    const res = await request(own.url)
      .get('/ip')
      .set({ 'X-Forwarded-For': forwarded, 'X-Real-IP': '6.6.6.6', Forwarded: 'for=6.6.6.6' })
    await own.close()
    return res.body.ip
  }

  test.each([
    [[], '1.2.3.4', /127\.0\.0\.1$/],
    [['10.0.0.0/8'], '1.2.3.4', /127\.0\.0\.1$/],
    [['127.0.0.1'], '1.2.3.4', /^1\.2\.3\.4$/],
    [['127.0.0.1'], '6.6.6.6, 1.2.3.4', /^1\.2\.3\.4$/],
    [['127.0.0.1', '10.0.0.0/8'], '6.6.6.6, 1.2.3.4, 10.1.2.3', /^1\.2\.3\.4$/],
  ])('behind %j and from %j', async (trustedProxies, forwarded, expected) => {
    expect(await addressBehind(trustedProxies, forwarded)).toMatch(expected)
  })
})

describe('health', () => {
  test('live says that the process answers, ready whether it can work', async () => {
    ready = false
    expect((await http().get('/health/live')).body).toEqual({ status: 'ok' })
    const res = await http().get('/health/ready')
    expect([res.status, res.body.code]).toEqual([503, 'unavailable'])
    ready = true
    expect((await http().get('/health/ready')).body).toEqual({ status: 'ok' })
  })
})
