import { Cookie, CookieJar } from 'tough-cookie'
import { freshEmail, goodPassword, setCookies, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
const publicUrl = 'https://login.example.com'
beforeAll(async () => {
  server = await startAuthServer({
    PUBLIC_URL: publicUrl,
    COOKIE_SECURE: 'true',
    COOKIE_SAMESITE: 'none',
    BCRYPT_COST: '10',
  })
})
afterAll(() => server.close())

describe('with a public URL of https', () => {
  test('a browser that checks prefixes takes both cookies, for the right paths', async () => {
    const res = await server.http.post('/api/signup').send({ email: freshEmail(), password: goodPassword })
    expect(res.headers['strict-transport-security']).toBe('max-age=31536000')
    const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
    for (const cookie of setCookies(res)) await jar.setCookie(cookie, `${publicUrl}/api/signup`)
    const namesAt = async (url: string) => (await jar.getCookies(url)).map(({ key }) => key).sort()
    expect(await namesAt(`${publicUrl}/api/refresh`)).toEqual(['__Host-xid_access', '__Secure-xid_refresh'])
    expect(await namesAt(`${publicUrl}/docs`)).toEqual(['__Host-xid_access'])
    expect(await namesAt('https://sub.login.example.com/api/refresh')).toEqual([])
    expect(await namesAt('http://login.example.com/api/refresh')).toEqual([])
    for (const cookie of setCookies(res)) {
      expect(Cookie.parse(cookie)).toMatchObject({ httpOnly: true, secure: true, sameSite: 'none', domain: null })
    }

    const header = await jar.getCookieString(`${publicUrl}/api/refresh`)
    expect((await server.http.post('/api/refresh').set('Cookie', header)).status).toBe(200)
    expect((await server.http.get('/api/auth/user').set('Cookie', header)).status).toBe(200)
    const out = await server.http.post('/api/signout').set('Cookie', header)
    for (const cookie of setCookies(out)) await jar.setCookie(cookie, `${publicUrl}/api/signout`)
    expect(await namesAt(`${publicUrl}/api/refresh`)).toEqual([])
  })

  test('cookies without the prefix do not count', async () => {
    const res = await server.http.post('/api/signup').send({ email: freshEmail(), password: goodPassword })
    const header = setCookies(res)
      .map(cookie => cookie.split(';', 1)[0]?.replace(/^__(Host|Secure)-/, ''))
      .join('; ')
    expect((await server.http.post('/api/refresh').set('Cookie', header)).status).toBe(401)
    expect((await server.http.get('/api/auth/user').set('Cookie', header)).status).toBe(401)
  })
})
