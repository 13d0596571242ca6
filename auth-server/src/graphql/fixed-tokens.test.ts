import { createHmac } from 'node:crypto'
import { createRefreshTokenCodec } from '../sessions/refresh-token.ts'
import { asClient, asService, clientSettings, introspect, revoke } from '../testing/api-tokens.ts'
import { claimsOf, codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { secrets, setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
/** Of the same stores, where `login` is turned off. */
let without: TestServer
beforeAll(async () => {
  server = await startAuthServer(clientSettings)
  without = await startAuthServer({ ...clientSettings, GRAPHQL_LOGIN: 'false' })
})
afterAll(async () => {
  await server.close()
  await without.close()
})

const { ask, login, loggedIn, refresh, refreshTokens, logout, register, signIn } = graphqlClient(() => server)
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const byBody = (refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
const byBearer = (token: string) => server.http.post('/api/refresh').set(bearer(token))
const byCookie = (token: string) => server.http.post('/api/refresh').set('Cookie', `xid_refresh=${token}`)
const whoAmI = (token: string) => server.http.get('/api/auth/user').set(bearer(token))
const person = async () => {
  const { email, refreshToken: turning, user } = await signUp(server)
  return { email, turning, user, ...(await loggedIn(email)) }
}

describe('a refresh token of login', () => {
  test('is refused by REST and by refreshTokens, which leave its session alone', async () => {
    const { refreshToken, accessToken } = await person()
    for (const present of [byBody, byBearer, byCookie]) {
      const res = await present(refreshToken)
      expect([res.status, res.body.code, res.body.accessToken]).toEqual([401, 'session-ended', undefined])
    }
    const typed = await refreshTokens(refreshToken)
    expect([codeOf(typed), typed.body.data]).toEqual(['session-ended', null])
    expect([codeOf(await refresh(refreshToken)), (await whoAmI(accessToken)).status]).toEqual([undefined, 200])
  })

  test('is not looked for in a cookie, nor in the body', async () => {
    const { refreshToken } = await person()
    const res = await ask('mutation { refresh }', { headers: { Cookie: `xid_refresh=${refreshToken}` } })
    expect([codeOf(res), setCookies(res)]).toEqual(['session-ended', []])
    expect(codeOf(await ask('mutation { refresh }', { variables: { refreshToken } }))).toBe('session-ended')
  })

  test('is signed out by REST too', async () => {
    for (const send of [
      (refreshToken: string) => server.http.post('/api/signout').send({ refreshToken }),
      (refreshToken: string) => server.http.post('/api/signout').set(bearer(refreshToken)),
    ]) {
      const { refreshToken, accessToken } = await person()
      expect((await send(refreshToken)).status).toBe(204)
      expect([codeOf(await refresh(refreshToken)), (await whoAmI(accessToken)).status]).toEqual(['session-ended', 401])
    }
  })

  test('is of its kind: no byte of it can be changed', async () => {
    const { refreshToken } = await person()
    for (const kind of [0, 1, 3, 255]) {
      const bytes = Buffer.from(refreshToken, 'base64url')
      expect(bytes[1]).toBe(2)
      bytes[1] = kind
      const changed = bytes.toString('base64url')
      for (const present of [byBody, byBearer, byCookie]) expect((await present(changed)).status).toBe(401)
      for (const present of [refresh, refreshTokens]) expect(codeOf(await present(changed))).toBe('session-ended')
      expect((await introspect(server, changed, asClient)).body).toEqual({ active: false })
      await logout(changed)
    }
    expect(codeOf(await refresh(refreshToken))).toBeUndefined()
  })

  test('under a kind that nobody knows is none, even with a good HMAC', async () => {
    const { refreshToken } = await person()
    const bytes = Buffer.from(refreshToken, 'base64url')
    const signed = (kind: number) => {
      bytes[1] = kind
      const message = bytes.subarray(0, 40)
      const mac = createHmac('sha256', secrets.REFRESH_TOKEN_SECRET).update('auth-pair refresh token\0').update(message)
      mac.digest().copy(bytes, 40)
      return bytes.toString('base64url')
    }
    const codec = createRefreshTokenCodec(secrets.REFRESH_TOKEN_SECRET)
    expect([codec.decode(signed(2))?.transport, signed(2)]).toEqual(['fixed', refreshToken])
    for (const kind of [3, 255]) expect(codec.decode(signed(kind))).toBeUndefined()
  })
})

describe('a refresh token that turns', () => {
  test.each(['body', 'cookie'])('is refused by refresh, which leaves its session alone (%s)', async tokenTransport => {
    const { refreshToken, accessToken, user } = await signUp(server, { tokenTransport })
    const stored = () => server.redis.hgetall(`sessions:{${user.id}}`)
    const before = await stored()
    const res = await refresh(refreshToken)
    expect([codeOf(res), res.body.data, await stored()]).toEqual(['session-ended', null, before])
    const present = tokenTransport === 'body' ? byBody : byCookie
    expect([(await present(refreshToken)).status, (await whoAmI(accessToken)).status]).toEqual([200, 200])
  })
})

describe('services and clients', () => {
  test('are told of a refresh token of login what they are told of any', async () => {
    const { refreshToken, accessToken, user } = await person()
    const { body } = await introspect(server, refreshToken, asClient)
    const issuer = 'http://localhost:3000'
    const times = { iat: expect.any(Number), exp: body.iat + 432_000 }
    expect(body).toEqual({
      active: true,
      sub: user.id,
      sid: claimsOf(accessToken).sid,
      iss: issuer,
      aud: issuer,
      ...times,
    })
    expect((await introspect(server, refreshToken, asService())).body).toEqual({ active: false })
    expect((await introspect(server, accessToken)).body).toMatchObject({ active: true, sub: user.id })
    await logout(refreshToken)
    for (const token of [refreshToken, accessToken])
      expect((await introspect(server, token, asClient)).body).toEqual({ active: false })
  })

  test.each(['refreshToken', 'accessToken'] as const)('end its session by the %s that they show', async name => {
    const { email, ...tokens } = await person()
    const other = await loggedIn(email)
    expect((await revoke(server, tokens[name])).status).toBe(200)
    expect([codeOf(await refresh(tokens.refreshToken)), (await whoAmI(tokens.accessToken)).status]).toEqual([
      'session-ended',
      401,
    ])
    expect(codeOf(await refresh(other.refreshToken))).toBeUndefined()
  })
})

describe('with GRAPHQL_LOGIN=false', () => {
  const at = () => ({ at: without })

  test('login and refresh are not there, and the others are', async () => {
    const { email } = await person()
    for (const [document, type] of [
      ['mutation { refresh }', 'Mutation'],
      ['{ refresh }', 'Query'],
    ] as const) {
      const res = await ask(document, at())
      expect([codeOf(res), res.body.data]).toEqual(['invalid-input', undefined])
      expect(res.body.errors[0].message).toBe(`Cannot query field "refresh" on type "${type}".`)
    }
    expect(codeOf(await login({ email }, at()))).toBe('invalid-input')
    expect((await register({ email }, at())).body.data.register.status).toBe(409)
    expect((await signIn({ email }, at())).body.data.signIn.user.email).toBe(email)
  })

  test('tokens of login give nothing, and still end their session', async () => {
    const { refreshToken, accessToken } = await person()
    expect(codeOf(await refreshTokens(refreshToken, at()))).toBe('session-ended')
    expect((await without.http.post('/api/refresh').send({ refreshToken })).status).toBe(401)
    expect((await introspect(without, refreshToken, asClient)).body).toEqual({ active: false })
    // where it is turned on the session lives: nothing has ended it so far
    expect((await introspect(server, refreshToken, asClient)).body.active).toBe(true)
    expect((await logout(refreshToken, at())).body).toEqual({ data: { logout: true } })
    expect(codeOf(await refresh(refreshToken))).toBe('session-ended')
    expect((await without.http.get('/api/auth/user').set(bearer(accessToken))).status).toBe(401)
  })

  test('such a session is still listed, and ended by whoever sees it', async () => {
    const { accessToken } = await person()
    const list = () => without.http.get('/api/sessions').set(bearer(accessToken))
    const { id } = (await list()).body.sessions.find(({ rotating }: { rotating: boolean }) => !rotating)
    expect(id).toBe(claimsOf(accessToken).sid)
    expect((await without.http.delete(`/api/sessions/${id}`).set(bearer(accessToken))).status).toBe(204)
    expect((await list()).status).toBe(401)
  })
})
