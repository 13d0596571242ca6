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
/** How far the clock of sessions is ahead, in milliseconds. */
let ahead = 0
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => Date.now() + ahead })
})
afterAll(async () => {
  await server.close()
})

/** A browser that has signed up by the page. */
const browser = async (email = freshEmail()) => {
  const agent = server.agent()
  const userAgent =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  const post = (path: string, fields: object = {}) =>
    agent.post(path).set('User-Agent', userAgent).type('form').redirects(0).send(fields)
  const res = await post('/sign-up', { email, password: goodPassword })
  if (res.status !== 303) throw new Error(res.text)
  const account = async () => (await agent.get('/account').redirects(0)).text
  return { agent, post, email, account }
}

/** Another device of the same person. */
const another = async (email: string) => {
  const res = await server.http.post('/api/signin').send({ email, password: goodPassword })
  const cookie = `xid_refresh=${cookieOf(res, 'xid_refresh')}`
  return { isSignedIn: async () => (await server.http.post('/api/refresh').set('Cookie', cookie)).status === 200 }
}

const idsIn = (html: string, form: string) =>
  [...html.matchAll(new RegExp(`action="/account/${form}"><input type="hidden" name="id" value="([^"]+)"`, 'g'))].map(
    ([, id]) => id ?? '',
  )

describe('GET /', () => {
  test('leads to the account', async () => {
    const res = await server.http.get('/').redirects(0)
    expect([res.status, res.headers.location]).toEqual([303, '/account'])
  })
})

describe('GET /account', () => {
  test('shows who is signed in, where, and what has happened', async () => {
    const { agent, email } = await browser()
    const res = await agent.get('/account')
    expect([res.status, res.headers['content-type'], res.headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ])
    expect(res.text).toContain(`<bdi>${email}</bdi>`)
    expect(res.text).toContain('<bdi>Chrome on Linux</bdi> <span class="badge">This device</span>')
    expect(res.text).toContain('You created this account')
    expect(res.text).toMatch(/Signed in <time datetime="\d{4}-[^"]+Z">just now<\/time> from <bdi>127\.0\.0\.1<\/bdi>/)
    expect(res.text).not.toMatch(/undefined|\[object|NaN|eyJ/)
    for (const form of ['end-session', 'sign-out-everywhere', 'sign-out', 'password', 'create-token'])
      expect(res.text).toContain(`method="post" action="/account/${form}"`)
  })

  test('says what was done in its own words, and no others', async () => {
    const { agent } = await browser()
    expect((await agent.get('/account?done=others-ended')).text).toContain('All other devices are signed out.')
    for (const done of ['<b>', 'constructor', '__proto__', 'You+have+won'])
      expect((await agent.get(`/account?done=${done}`)).text).not.toMatch(/class="notice"|You have won/)
  })

  test('of an account that is gone leads to sign-in, and takes the cookies', async () => {
    const { user, accessToken } = await signUp(server)
    await server.postgres.write({ name: 'test-delete', text: 'delete from users where id = $1' }, [user.id])
    const res = await server.http.get('/account').set('Cookie', `xid_access=${accessToken}`)
    expect([res.status, res.headers.location]).toEqual([303, '/sign-in'])
    expect(setCookies(res).join()).toMatch(/xid_refresh=;.*xid_access=;/)
  })
})

describe('a session on the account page', () => {
  test('is signed out, and no other', async () => {
    const { post, email, account } = await browser()
    const [lost, kept] = [await another(email), await another(email)]
    // this device is the first, whatever was used last
    const ids = idsIn(await account(), 'end-session')
    expect(ids).toHaveLength(3)
    const before = await account()
    const res = await post('/account/end-session', { id: ids[2] })
    expect([res.status, res.headers.location, setCookies(res)]).toEqual([303, '/account?done=session-ended', []])
    expect([await lost.isSignedIn(), await kept.isSignedIn()].sort()).toEqual([false, true])
    expect(idsIn(await account(), 'end-session')).toEqual(ids.slice(0, 2))
    expect(before).not.toContain('A device was signed out')
    expect(await account()).toContain('A device was signed out')
  })

  test('of somebody else is left alone', async () => {
    const stranger = await browser()
    const { post } = await browser()
    const [id] = idsIn(await stranger.account(), 'end-session')
    expect((await post('/account/end-session', { id })).status).toBe(303)
    expect(idsIn(await stranger.account(), 'end-session')).toEqual([id])
  })

  test('that is this one leads to sign-in', async () => {
    const { post, account } = await browser()
    const [id] = idsIn(await account(), 'end-session')
    const res = await post('/account/end-session', { id })
    expect([res.status, res.headers.location]).toEqual([303, '/sign-in?done=signed-out'])
    expect(setCookies(res).map(cookie => cookie.split('=')[0])).toEqual(['xid_refresh', 'xid_access'])
    expect(await account()).toBe('')
  })

  test('all others are signed out at once', async () => {
    const { post, email, account } = await browser()
    const others = [await another(email), await another(email)]
    const res = await post('/account/end-others')
    expect([res.status, res.headers.location]).toEqual([303, '/account?done=others-ended'])
    for (const other of others) expect(await other.isSignedIn()).toBe(false)
    expect(idsIn(await account(), 'end-session')).toHaveLength(1)
  })

  test('signs out, here or everywhere', async () => {
    for (const [path, done, survives] of [
      ['/account/sign-out', 'signed-out', true],
      ['/account/sign-out-everywhere', 'signed-out-everywhere', false],
    ] as const) {
      const { agent, post, email } = await browser()
      const other = await another(email)
      const res = await post(path)
      expect([res.status, res.headers.location]).toEqual([303, `/sign-in?done=${done}`])
      expect(setCookies(res).map(cookie => cookie.split('=')[0])).toEqual(['xid_refresh', 'xid_access'])
      expect(await other.isSignedIn()).toBe(survives)
      expect((await agent.get(`/sign-in?done=${done}`)).text).toContain('role="status">You are signed out')
    }
  })
})

describe('the password on the account page', () => {
  test('is changed: this browser goes on, and all others are signed out', async () => {
    const { post, email, account } = await browser()
    const other = await another(email)
    const newPassword = 'another correct horse'
    const res = await post('/account/password', { currentPassword: goodPassword, newPassword })
    expect([res.status, res.headers.location]).toEqual([303, '/account?done=password-changed'])
    expect(setCookies(res).map(cookie => cookie.split('=')[0])).toEqual([
      'xid_refresh',
      'xid_access',
      'xid_device',
      'xid_device',
    ])
    expect(await account()).toContain('The password was changed')
    expect(await other.isSignedIn()).toBe(false)
    const signIn = (password: string) => server.http.post('/api/signin').send({ email, password })
    expect([(await signIn(goodPassword)).status, (await signIn(newPassword)).status]).toEqual([401, 200])
  })

  test.each([
    [
      { currentPassword: 'not it', newPassword: 'another correct horse' },
      403,
      'currentPassword',
      'This is not your current password.',
    ],
    [{ currentPassword: goodPassword, newPassword: 'short' }, 400, 'newPassword', 'Use at least 8 characters.'],
    [
      { currentPassword: '', newPassword: 'another correct horse' },
      400,
      'currentPassword',
      'Enter a password of at most 1024 characters.',
    ],
  ])('%j is refused beside its field, and never shown', async (fields, status, field, complaint) => {
    const { post } = await browser()
    const res = await post('/account/password', fields)
    expect(res.status).toBe(status)
    expect(res.text).toContain('role="alert"')
    expect(res.text).toContain(`<p class="error" id="${field}-error">${complaint}</p>`)
    expect(res.text).toMatch(new RegExp(`id="${field}"[^>]* aria-invalid="true"`))
    expect(res.text).not.toContain('another correct horse')
    expect(setCookies(res)).toEqual([])
  })
})

describe('API tokens on the account page', () => {
  test('are made, shown once, listed, and revoked', async () => {
    const { post, account } = await browser()
    const made = await post('/account/create-token', { name: ' backup <script> ', expiresInDays: '30' })
    expect(made.status).toBe(201)
    expect(made.text).toMatch(/ readonly autofocus spellcheck="false">ap_[\w-]{49}<\/textarea>/)
    expect(made.text).toContain('backup &lt;script&gt;')
    expect(made.headers['cache-control']).toBe('no-store')
    expect((await post('/account/create-token', { name: 'cron', expiresInDays: 'never' })).status).toBe(201)
    const html = await account()
    expect(html).not.toContain('ap_')
    expect(html).toMatch(/backup &lt;script&gt;<\/bdi>[\s\S]*ends <time[^>]*>on \d+ \w+ \d{4}<\/time> · not used yet/)
    expect(html).toContain('never ends')
    // the newest first
    const ids = idsIn(html, 'revoke-token')
    const res = await post('/account/revoke-token', { id: ids[0] })
    expect([res.status, res.headers.location]).toEqual([303, '/account?done=token-revoked'])
    expect(idsIn(await account(), 'revoke-token')).toEqual(ids.slice(1))
  })

  test.each([
    [{ name: ' ', expiresInDays: '30' }, 400, 'Name: Give the token a name of 1 to 100 characters on one line.'],
    [{ name: 'cron', expiresInDays: '-1' }, 400, 'Ends: Choose when the token ends.'],
  ])('%j is refused in words, and what was typed is kept', async (fields, status, words) => {
    const { post } = await browser()
    const res = await post('/account/create-token', fields)
    expect(res.status).toBe(status)
    expect(res.text).toContain(words)
    expect(res.text).toContain(`value="${fields.name.trim()}"`)
  })

  test('need a sign-in that is not long ago, which the page leads to', async () => {
    const { agent, post } = await browser()
    ahead = 601_000
    const res = await post('/account/create-token', { name: 'too late', expiresInDays: '7' })
    expect(res.status).toBe(401)
    expect(res.headers['www-authenticate']).toContain('max_age="600"')
    expect(res.text).toContain('Please sign in again first')
    expect(res.text).toContain('<a href="/sign-in?again">Sign in again</a>')
    expect((await agent.get('/sign-in?again')).status).toBe(200)
    ahead = 0
  })

  test('of somebody else are left alone', async () => {
    const [stranger, { post }] = [await browser(), await browser()]
    await stranger.post('/account/create-token', { name: 'theirs', expiresInDays: '7' })
    const [id] = idsIn(await stranger.account(), 'revoke-token')
    for (const other of [id, 'junk', "' or 1=1"])
      expect((await post('/account/revoke-token', { id: other })).status).toBe(303)
    expect(idsIn(await stranger.account(), 'revoke-token')).toEqual([id])
  })
})

describe('a form from elsewhere', () => {
  test('is refused on a page, and does nothing', async () => {
    const { agent, account } = await browser()
    for (const name of ['sign-out', 'end-others', 'sign-out-everywhere', 'create-token', 'password']) {
      const res = await agent.post(`/account/${name}`).set('Origin', 'https://evil.example').type('form').send({})
      expect([res.status, res.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
      expect(res.text).toContain('This form came from another site')
    }
    expect(idsIn(await account(), 'end-session')).toHaveLength(1)
  })
})
