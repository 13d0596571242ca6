import {
  cookieOf,
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'

let server: TestServer
let ahead = 0
beforeAll(async () => {
  server = await startAuthServer({}, { now: () => Date.now() + ahead })
})
afterAll(() => server.close())

describe('/account with an access token that is missing, old or junk', () => {
  test('goes by the refresh cookie and comes back', async () => {
    const { refreshToken, accessToken } = await signUp(server, { tokenTransport: 'cookie' })
    ahead += 310_000
    for (const cookie of ['', `xid_access=${accessToken}`, 'xid_access=junk']) {
      const res = await server.http.get('/account').set('Cookie', cookie)
      expect([res.status, res.headers.location, setCookies(res)]).toEqual([303, '/api/continue?to=/account', []])
    }
    const res = await server.http.get('/api/continue?to=/account').set('Cookie', `xid_refresh=${refreshToken}`)
    expect([res.status, res.headers.location, res.headers['cache-control']]).toEqual([303, '/account', 'no-store'])
    expect(setCookies(res)).toEqual([
      expect.stringMatching(/^xid_refresh=[\w-]{96}; Max-Age=\d+; Path=\/api; .*HttpOnly; SameSite=Lax$/),
      expect.stringMatching(/^xid_access=eyJ[^;]+; Max-Age=300; Path=\/; .*HttpOnly; SameSite=Lax$/),
    ])
    const back = await server.http.get('/account').set('Cookie', `xid_access=${cookieOf(res, 'xid_access')}`)
    expect(back.status).toBe(200)
  })

  test('a form goes the same way, with all that was typed', async () => {
    const agent = server.agent()
    await agent.post('/sign-up').type('form').redirects(0).send({ email: freshEmail(), password: goodPassword })
    ahead += 310_000
    const send = (path: string) => agent.post(path).type('form').redirects(0).send({})
    const away = await send('/account/sign-out')
    expect([away.status, away.headers.location]).toEqual([307, '/api/continue?to=/account/sign-out'])
    const back = await send(away.headers.location ?? '')
    expect([back.status, back.headers.location]).toEqual([307, '/account/sign-out'])
    // browsers keep the policy of a redirect, and with `no-referrer` would send `Origin: null`
    for (const res of [away, back]) expect(res.headers['referrer-policy']).toBe('same-origin')
    expect((await send(back.headers.location ?? '')).headers.location).toBe('/sign-in?done=signed-out')
    expect((await server.http.post('/api/continue?to=/account/sign-out').set('Origin', 'null')).status).toBe(403)
  })

  test('without a session leads to sign-in, and takes what is left of one', async () => {
    for (const cookie of ['', 'xid_refresh=junk']) {
      const res = await server.http.get('/api/continue?to=/account').set('Cookie', cookie)
      expect([res.status, res.headers.location]).toEqual([303, '/sign-in'])
      const cleared = cookie ? ['xid_refresh=', 'xid_access='] : []
      expect(setCookies(res).map(one => one.split(';')[0])).toEqual(cleared)
    }
    const signedOut = await signUp(server, { tokenTransport: 'cookie' })
    await server.http.post('/api/signout').set('Cookie', `xid_refresh=${signedOut.refreshToken}`)
    const form = await server.http
      .post('/api/continue?to=/account/end-others')
      .set('Cookie', `xid_refresh=${signedOut.refreshToken}`)
    expect([form.status, form.headers.location]).toEqual([303, '/sign-in'])
  })

  test('a refresh token of a program, and two cookies of a name, open nothing', async () => {
    const { refreshToken } = await signUp(server)
    const body = await server.http.get('/api/continue?to=/account').set('Cookie', `xid_refresh=${refreshToken}`)
    expect(body.headers.location).toBe('/sign-in')
    const two = await server.http.get('/api/continue?to=/account').set('Cookie', 'xid_refresh=a; xid_refresh=b')
    expect([two.status, two.headers['content-type'], setCookies(two)]).toEqual([400, 'text/html; charset=utf-8', []])
    expect(two.text).toContain('Delete the cookies of this site')
    // sent on, they would come back for ever
    const access = await server.http.get('/account').set('Cookie', 'xid_access=a; xid_access=b')
    expect([access.status, access.headers['content-type'], access.headers.location]).toEqual([
      400,
      'text/html; charset=utf-8',
      undefined,
    ])
  })
})

describe('GET /api/continue', () => {
  test.each([
    '',
    '?to=',
    '?to=https://evil.example',
    '?to=//evil.example',
    '?to=/%5cevil.example',
    '?to=/sign-in',
    '?to=/account/sign-out',
    '?to=/account?x',
    '?to=/account&to=/account',
    '?to[]=/account',
  ])('leads nowhere but to a page of this server (%s)', async query => {
    const { refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    const res = await server.http.get(`/api/continue${query}`).set('Cookie', `xid_refresh=${refreshToken}`)
    expect([res.status, res.headers['content-type'], setCookies(res)]).toEqual([400, 'text/html; charset=utf-8', []])
    expect(res.headers).not.toHaveProperty('location')
  })
})
