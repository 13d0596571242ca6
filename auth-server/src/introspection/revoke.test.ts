import { asClient, asService, bearer, clientSettings, introspect, makeApiToken, revoke } from '../testing/api-tokens.ts'
import { auditRows } from '../testing/audit-rows.ts'
import { goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer(clientSettings)
})
afterAll(() => server.close())

const refresh = (refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
const whoAmI = (accessToken: string) => server.http.get('/api/auth/user').set(bearer(accessToken))
const done = [200, '', '0']
const said = (res: { status: number; text: string; headers: Record<string, string> }) => [
  res.status,
  res.text,
  res.headers['content-length'],
]

describe('POST /api/revoke', () => {
  test.each([
    ['a client', () => asClient],
    ['a service', () => asService()],
  ])('revokes an API token that %s shows', async (_who, authorization) => {
    const { accessToken, user } = await signUp(server)
    const [gone, stays] = [await makeApiToken(server, accessToken), await makeApiToken(server, accessToken)]
    expect(said(await revoke(server, gone.token, authorization()))).toEqual(done)
    expect((await introspect(server, gone.token)).body).toEqual({ active: false })
    expect((await introspect(server, stays.token)).body.active).toBe(true)
    // its owner's sessions are another matter
    expect((await whoAmI(accessToken)).status).toBe(200)
    const events = (await auditRows(server.postgres, 'session_id', gone.id)).map(({ event, user_id }) => [
      event,
      user_id,
    ])
    expect(events).toEqual([
      ['api-token-made', user.id],
      ['api-token-revoked', user.id],
    ])
    expect(said(await revoke(server, gone.token, authorization()))).toEqual(done)
    expect(await auditRows(server.postgres, 'session_id', gone.id)).toHaveLength(2)
  })

  test.each(['body', 'cookie'])(
    'of a refresh token ends its session, and its access tokens die (%s)',
    async transport => {
      const { email, refreshToken, accessToken } = await signUp(server, { tokenTransport: transport })
      const other = await server.http
        .post('/api/signin')
        .send({ email, password: goodPassword, tokenTransport: 'body' })
      const { token } = await makeApiToken(server, accessToken)
      expect(said(await revoke(server, refreshToken))).toEqual(done)
      expect((await whoAmI(accessToken)).status).toBe(401)
      expect((await introspect(server, accessToken)).body).toEqual({ active: false })
      expect((await introspect(server, refreshToken, asClient)).body).toEqual({ active: false })
      expect((await introspect(server, token)).body.active).toBe(true)
      expect([(await refresh(other.body.refreshToken)).status, (await whoAmI(other.body.accessToken)).status]).toEqual([
        200, 200,
      ])
      if (transport === 'body') expect((await refresh(refreshToken)).status).toBe(401)
    },
  )

  test('of an access token ends its session too, as a sign-out', async () => {
    const { refreshToken, accessToken, user } = await signUp(server)
    expect(said(await revoke(server, accessToken))).toEqual(done)
    expect([(await whoAmI(accessToken)).status, (await refresh(refreshToken)).status]).toEqual([401, 401])
    const events = (await auditRows(server.postgres, 'user_id', user.id)).map(({ event }) => event)
    expect(events).toEqual(['signed-up', 'signed-out'])
    expect(said(await revoke(server, accessToken))).toEqual(done)
    expect(await auditRows(server.postgres, 'user_id', user.id)).toHaveLength(2)
  })

  test.each(['junk', 'a.b.c', `ap_${'A'.repeat(43)}000000`, 'x'.repeat(96), '\0', '{}'])(
    'of what nobody knows (%j) is answered alike',
    async token => {
      expect(said(await revoke(server, token))).toEqual(done)
    },
  )

  test.each(['access_token', 'refresh_token', 'no such kind', ''])(
    'finds the token whatever the hint (%j)',
    async hint => {
      const { refreshToken, accessToken } = await signUp(server)
      const { token } = await makeApiToken(server, accessToken)
      for (const shown of [token, refreshToken]) {
        const form = { token: shown, token_type_hint: hint }
        const res = await server.http.post('/api/revoke').set('Authorization', asClient).type('form').send(form)
        expect(said(res)).toEqual(done)
      }
      expect((await introspect(server, token)).body).toEqual({ active: false })
      expect((await refresh(refreshToken)).status).toBe(401)
    },
  )

  test('is closed to whoever only holds the token', async () => {
    const { refreshToken, accessToken } = await signUp(server)
    const { token } = await makeApiToken(server, accessToken)
    for (const authorization of [undefined, `Bearer ${accessToken}`, `Bearer ${token}`]) {
      const req = server.http.post('/api/revoke').type('form')
      if (authorization) req.set('Authorization', authorization)
      expect((await req.send({ token: refreshToken })).status).toBe(401)
    }
    expect((await refresh(refreshToken)).status).toBe(200)
  })
})
