import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { secrets, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())
const get = () => server.http.get('/api/auth/user')

describe('GET /api/auth/user', () => {
  test('tells who is signed in, by header or by cookie', async () => {
    const { user, accessToken } = await signUp(server)
    for (const req of [
      get().set('Authorization', `Bearer ${accessToken}`),
      get().set('Authorization', `bearer ${accessToken}`),
      get().set('Cookie', `a=b; xid_access=${accessToken}`),
    ]) {
      const res = await req
      expect([res.status, res.body]).toEqual([200, { user }])
      expect(res.text).not.toMatch(/password|hash|key/)
    }
  })

  test('the header goes before the cookie', async () => {
    const [one, other] = [await signUp(server), await signUp(server)]
    const res = await get()
      .set('Authorization', `Bearer ${one.accessToken}`)
      .set('Cookie', `xid_access=${other.accessToken}`)
    expect(res.body.user.id).toBe(one.user.id)
  })

  test('without a token: a bare challenge', async () => {
    for (const req of [get(), get().set('Authorization', 'Basic YTpi'), get().set('Cookie', 'xid_access=')]) {
      const res = await req
      expect([res.status, res.body.code]).toEqual([401, 'access-token-required'])
      expect(res.headers['www-authenticate']).toBe('Bearer realm="auth-pair"')
    }
  })

  test('with a bad token: invalid_token, and no word of it', async () => {
    const { accessToken } = await signUp(server)
    const bad = `${accessToken.slice(0, -4)}AAAA`
    for (const req of [get().set('Authorization', `Bearer ${bad}`), get().set('Cookie', `xid_access=${bad}`)]) {
      const res = await req
      expect([res.status, res.body.code]).toEqual([401, 'access-token-invalid'])
      expect(res.headers['www-authenticate']).toBe('Bearer realm="auth-pair", error="invalid_token"')
      expect(res.text).not.toContain(bad.slice(0, 20))
    }
  })

  test('with two of them: 400', async () => {
    const { accessToken } = await signUp(server)
    for (const [req, code] of [
      [get().set('Cookie', `xid_access=${accessToken}; xid_access=${accessToken}`), 'ambiguous-credentials'],
      [get().set('Authorization', `Bearer ${accessToken} ${accessToken}`), 'malformed-request'],
    ] as const) {
      const res = await req
      expect([res.status, res.body.code]).toEqual([400, code])
      expect(res.headers['www-authenticate']).toContain('error="invalid_request"')
    }
  })

  test('in the address or the body it is not looked for', async () => {
    const { accessToken } = await signUp(server)
    expect((await server.http.get(`/api/auth/user?access_token=${accessToken}`)).status).toBe(401)
    expect((await get().send({ access_token: accessToken })).status).toBe(401)
  })

  test('of an account that is gone: 401', async () => {
    const { user, accessToken } = await signUp(server)
    await server.postgres.write({ name: 'test-delete', text: 'delete from users where id = $1' }, [user.id])
    expect((await get().set('Authorization', `Bearer ${accessToken}`)).status).toBe(401)
  })

  test('of a token whose subject is no user id: 401, not 500', async () => {
    const sign = createSigner({
      key: createKey(secrets.JWT_ACCESS_SECRET),
      issuer: 'http://localhost:3000',
      audience: 'auth-pair',
    })
    const odd = sign({ userId: "x' OR 1=1", sessionId: 'x', now: Date.now(), lifeS: 300 })
    expect((await get().set('Authorization', `Bearer ${odd}`)).status).toBe(401)
  })
})
