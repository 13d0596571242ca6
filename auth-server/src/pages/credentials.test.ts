import { setTimeout as wait } from 'node:timers/promises'
import { solve, written } from '../testing/challenged-server.ts'
import {
  freshAddress,
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const post = (path: string, fields: object, on = server) => on.http.post(path).type('form').send(fields)
const carried = '?redirect_uri=http%3A%2F%2Flocalhost%3A4000%2Fsigned-in&state=a%26b&code_challenge=x'

/** A page as a person gets it, with nothing of the machinery in it. */
const expectPage = (res: { status: number; text: string; headers: Record<string, string> }, status: number) => {
  expect([res.status, res.headers['content-type'], res.headers['cache-control']]).toEqual([
    status,
    'text/html; charset=utf-8',
    'no-store',
  ])
  expect(res.headers['x-request-id']).toEqual(expect.any(String))
  expect(res.text).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(res.text.match(/<h1>/g)).toHaveLength(1)
  expect(res.text).not.toMatch(/undefined|\[object|urn:auth-pair|<script>|style=|onclick/)
}

describe.each([
  ['/sign-in', 'current-password'],
  ['/sign-up', 'new-password'],
])('GET %s', (path, autocomplete) => {
  test('is a form that password managers know, and that needs no JavaScript', async () => {
    const res = await server.http.get(path)
    expectPage(res, 200)
    expect(res.text).toContain(`<form method="post" action="${path}"`)
    expect(res.text).toMatch(
      /<label for="email">.*\n<input id="email" name="email" type="email" autocomplete="username"/,
    )
    expect(res.text).toContain(`name="password" type="password" autocomplete="${autocomplete}"`)
    expect(res.text).not.toContain('role="alert"')
    expect(setCookies(res)).toEqual([])
  })

  test('carries the query of a front end along, as it is, and escaped', async () => {
    const res = await server.http.get(`${path}${carried}`)
    expect(res.text).toContain(`action="${path}${carried.replaceAll('&', '&amp;')}"`)
    expect((await server.http.get(`${path}?redirect_uri="><script>alert(1)</script>`)).text).not.toContain('<script>a')
    expect((await server.http.get(`${path}?state=kept-for-nobody`)).text).not.toContain('kept-for-nobody')
  })

  test('leads those who are signed in to their account, unless a front end has sent them', async () => {
    const { accessToken } = await signUp(server)
    const get = (query: string) => server.http.get(`${path}${query}`).set('Cookie', `xid_access=${accessToken}`)
    const res = await get('')
    expect([res.status, res.headers.location, res.text]).toEqual([303, '/account', ''])
    expect((await get(carried)).status).toBe(200)
    expect((await get('?again')).text).toContain('Sign in again to go on.')
    expect((await server.http.get(path).set('Cookie', 'xid_access=junk')).status).toBe(200)
  })
})

describe('POST /sign-up and POST /sign-in', () => {
  test('set the cookies that the API sets, and lead to the account', async () => {
    const email = freshEmail()
    for (const path of ['/sign-up', '/sign-in']) {
      const res = await post(path, { email, password: goodPassword })
      expect([res.status, res.headers.location, res.headers['cache-control'], res.text]).toEqual([
        303,
        '/account',
        'no-store',
        '',
      ])
      const api = await server.http.post('/api/signin').send({ email, password: goodPassword })
      const shape = (cookie: string) => cookie.replace(/=[^;]+/, '').replace(/Expires=[^;]+/, '')
      expect(setCookies(res).map(shape)).toEqual(setCookies(api).map(shape))
      expect(setCookies(res).map(shape)).toEqual([
        expect.stringMatching(/^xid_refresh; Max-Age=432000; Path=\/api; .*HttpOnly; SameSite=Lax$/),
        expect.stringMatching(/^xid_access; Max-Age=300; Path=\/; .*HttpOnly; SameSite=Lax$/),
        expect.stringMatching(/^xid_device; .*Path=\/api\/signin; /),
        expect.stringMatching(/^xid_device; .*Path=\/sign-in; /),
      ])
    }
  })

  test('go on with the query of a front end, to one address and no other', async () => {
    const email = freshEmail()
    for (const path of ['/sign-up', '/sign-in']) {
      const res = await post(`${path}${carried}`, { email, password: goodPassword })
      expect([res.status, res.headers.location]).toEqual([303, `/api/authorize${carried}`])
    }
    for (const query of ['?redirect_uri=https://evil.example', '?redirect_uri=//evil.example', '?redirect_uri']) {
      const res = await post(`/sign-in${query}`, { email, password: goodPassword })
      expect(res.headers.location).toBe(`/api/authorize${query}`)
    }
    for (const query of ['?to=https://evil.example', '?next=//evil.example', '?return_to=x']) {
      const res = await post(`/sign-in${query}`, { email, password: goodPassword })
      expect(res.headers.location).toBe('/account')
    }
  })

  test('remember the browser: its owner is not held up by guesses from elsewhere', async () => {
    const { email } = await signUp(server)
    const res = await post('/sign-in', { email, password: goodPassword })
    const device = setCookies(res).find(cookie => /^xid_device=.*Path=\/sign-in;/.test(cookie))
    const again = await post('/sign-in', { email, password: goodPassword }).set('Cookie', device?.split(';')[0] ?? '')
    // the same device, and not a second one
    const id = (cookies: string[]) => cookies.find(cookie => cookie.startsWith('xid_device='))?.slice(11, 27)
    expect(id(setCookies(again))).toBe(id(setCookies(res)))
  })
})

describe('when a challenge is asked for', () => {
  const few = { LIMIT_FREE_SIGN_UPS: '1/100000', CHALLENGE_WORK: '20', TRUSTED_PROXIES: '127.0.0.1' }
  const up = (on: TestServer, address: string, more: object = {}) =>
    post('/sign-up', { email: freshEmail(), password: goodPassword, ...more }, on).set('X-Forwarded-For', address)

  test('the page comes again with the widget of our own origin, and its solution makes the account', async () => {
    const asking = await startAuthServer(few)
    const address = freshAddress()
    expect((await up(asking, address)).status).toBe(303)
    const asked = await up(asking, address)
    expectPage(asked, 400)
    expect(asked.text).toContain('One more step')
    expect(asked.text).toMatch(
      /data-challenge="\/api\/challenge\?action=sign-up" data-worker="\/assets\/pbkdf2\.[\w-]+\.js"/,
    )
    expect(asked.text).toMatch(/<script type="module" src="\/assets\/altcha\.[\w-]+\.js">/)
    expect(asked.text).toMatch(/<noscript><p>[^<]*Turn JavaScript on/)
    expect((await up(asking, address, { challenge: 'made up' })).text).toContain('The check for robots did not work')
    const challenge = written(await solve((await asking.http.get('/api/challenge?action=sign-up')).body))
    expect((await up(asking, address, { challenge })).status).toBe(303)
    await asking.close()
  })

  test('by a provider, the page says that it cannot show its check', async () => {
    const settings = { CHALLENGE_KIND: 'turnstile', CHALLENGE_SECRET: 'secret', CHALLENGE_SITE_KEY: 'site-key' }
    const asking = await startAuthServer({ ...few, ...settings })
    const address = freshAddress()
    await up(asking, address)
    const asked = await up(asking, address)
    expectPage(asked, 400)
    expect(asked.text).toContain('a service that this page cannot show')
    expect(asked.text).not.toContain('altcha')
    await asking.close()
  })
})

describe('a form that cannot be followed', () => {
  /** The page comes again: with a summary that has the focus, the email, and never the password. */
  const expectAgain = (res: Awaited<ReturnType<typeof post>>, status: number, title: string, email: string) => {
    expectPage(res, status)
    expect(res.text).toContain('<div class="summary" role="alert" tabindex="-1" autofocus>')
    expect(res.text).toContain(`<h2>${title}</h2>`)
    expect(res.text).toContain(`value="${email}"`)
    expect(res.text).toContain('<title>Problem: ')
    expect(res.text).not.toMatch(/name="password"[^>]*value=/)
    expect(setCookies(res)).toEqual([])
  }

  test('a wrong password, the same for an email that nobody has', async () => {
    const { email } = await signUp(server)
    const wrong = await post('/sign-in', { email, password: 'not the password' })
    expectAgain(wrong, 401, 'That email and password do not match', email)
    expect(wrong.headers['www-authenticate']).toBe('Bearer realm="auth-pair"')
    expect(wrong.text).toContain('<a href="#password">Password: Enter the password again.</a>')
    expect(wrong.text).toMatch(/<input id="password"[^>]* aria-describedby="password-error" aria-invalid="true"/)
    expect(wrong.text).not.toContain('not the password')
    const nobody = freshEmail()
    const unknown = await post('/sign-in', { email: nobody, password: 'not the password' })
    expect(unknown.text.replace(nobody, '')).toBe(wrong.text.replace(email, ''))
  })

  test('an email that is taken', async () => {
    const { email } = await signUp(server)
    const res = await post(`/sign-up${carried}`, { email, password: goodPassword })
    expectAgain(res, 409, 'You may have an account already', email)
    expect(res.text).toContain(`<a href="/sign-in${carried.replaceAll('&', '&amp;')}">Sign in instead</a>`)
  })

  test('a weak password, and an email that is none', async () => {
    const email = freshEmail()
    const weak = await post('/sign-up', { email, password: 'password1' })
    expectAgain(weak, 400, 'Please check what you entered', email)
    expect(weak.text).toContain('This password is one of the first that attackers try. Choose another.')
    expect(weak.text).toMatch(/aria-describedby="password-hint password-error"/)
    expect(weak.text).not.toContain('password1')
    const none = await post('/sign-up', { email: 'ada', password: goodPassword })
    expectAgain(none, 400, 'Please check what you entered', 'ada')
    expect(none.text).toContain('Email: Enter an email address such as name@example.com.')
    expectAgain(await post('/sign-in', {}), 400, 'Please check what you entered', '')
  })

  test('too many attempts, with the wait in words', async () => {
    const limited = await startAuthServer({ GUESSES_FREE: '3' })
    const email = freshEmail()
    const wrong = () => post('/sign-in', { email, password: 'wrong' }, limited)
    for (let i = 0; i < 3; i++) expect((await wrong()).status).toBe(401)
    const res = await wrong()
    expectAgain(res, 429, 'Too many attempts', email)
    expect(res.headers['retry-after']).toBe('30')
    expect(res.text).toContain('Try again in 30 seconds.')
    await limited.close()
  })

  test('nobody has time to hash', async () => {
    const email = freshEmail()
    const busy = await startAuthServer({ BCRYPT_COST: '12', HASHING_MAX_WAITING: '1', HASHING_MAX_WAIT_MS: '2000' })
    const running = [1, 2].map(i => post('/sign-in', { email, password: `wrong ${i}` }, busy).then(res => res.status))
    while (busy.passwords.stats().waiting < 1) await wait(1)
    const refused = await post('/sign-in', { email, password: goodPassword }, busy)
    expectAgain(refused, 503, 'Many people are signing in right now', email)
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
    expect(await Promise.all(running)).toEqual([401, 401])
    await busy.close()
  })

  test('fields that this form does not have: no page gives a token away', async () => {
    const { email } = await signUp(server)
    const res = await post('/sign-in', { email, password: goodPassword, tokenTransport: 'body' })
    expectAgain(res, 400, 'Please check what you entered', email)
  })

  test.each([
    ['JSON', 'application/json', '{}', 415, 'Your browser sent something that we do not understand'],
    [
      'more than fits',
      'application/x-www-form-urlencoded',
      `email=${'a'.repeat(20_000)}`,
      413,
      'That was too much text',
    ],
    ['no UTF-8', 'application/x-www-form-urlencoded', 'email=%ff', 400, 'Your browser sent something'],
  ])('%s', async (_, type, body, status, title) => {
    const res = await server.http.post('/sign-in').set('Content-Type', type).send(body)
    expectPage(res, status)
    expect(res.text).toContain(title)
  })

  test('a form of another site, and a method that there is not', async () => {
    const { email } = await signUp(server)
    const fields = { email, password: goodPassword }
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ] as Record<string, string>[]) {
      const res = await post('/sign-in', fields).set(headers)
      expectPage(res, 403)
      expect(res.text).toContain('This form came from another site')
      expect(setCookies(res)).toEqual([])
    }
    expect((await post('/sign-in', fields).set('Origin', 'http://localhost:3000')).status).toBe(303)
    const res = await server.http.delete('/sign-in')
    expectPage(res, 405)
    expect(res.headers.allow).toBe('GET, HEAD, POST, OPTIONS')
  })
})
