import { freshEmail, goodPassword, setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const byCookie = (token: string) => server.http.post('/api/refresh').set('Cookie', `xid_refresh=${token}`)

describe('what is written by a browser for a page of another site', () => {
  test.each(['/api/signup', '/api/signin', '/api/refresh', '/api/signout'])(
    '%s is refused, and nothing happens',
    async path => {
      const { refreshToken, email } = await signUp(server, { tokenTransport: 'cookie' })
      for (const headers of [
        { Origin: 'https://evil.example' },
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { Origin: 'null' },
      ]) {
        const body =
          path === '/api/signup'
            ? { email: freshEmail(), password: goodPassword }
            : path === '/api/signin'
              ? { email, password: goodPassword }
              : {}
        const res = await server.http.post(path).set(headers).set('Cookie', `xid_refresh=${refreshToken}`).send(body)
        expect([res.status, res.body.code, setCookies(res)]).toEqual([403, 'cross-site-request', []])
      }
      expect((await byCookie(refreshToken)).status).toBe(200)
    },
  )

  test.each(['/api/signup', '/api/signin', '/api/refresh', '/api/signout', '/api/password'])(
    'GET %s is 405',
    async path => {
      for (const method of ['get', 'head', 'put', 'delete', 'patch'] as const) {
        const res = await server.http[method](path)
        expect([res.status, res.headers.allow]).toEqual([405, 'POST, OPTIONS'])
      }
    },
  )
})
