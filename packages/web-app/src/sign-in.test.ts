import { once } from 'node:events'
import { request } from 'node:http'
import { inspect } from 'node:util'
import { startAuthServer, type TestServer, testRedis } from '@auth-pair/auth-server/testing'
import express4 from 'express-4'
import { sessionCookie } from './load-session.ts'
import { type AuthFront, client, problem, startAuthFront } from './testing/auth-front.ts'
import { type Browser, createBrowser } from './testing/browser.ts'
import { type App, startApp } from './testing/start-app.ts'

let passed = 0
const now = () => Date.now() + passed
let server: TestServer
let front: AuthFront
let app: App
beforeAll(async () => {
  server = await startAuthServer()
  front = await startAuthFront(server)
  app = await startApp({ authUrl: front.url, now })
})
afterEach(() => {
  front.relent()
  app.troubles.splice(0)
  passed = 0
})
afterAll(async () => {
  await app.close()
  await front.close()
  await server.close()
})

const apart = { follow: false } as const
const sessionOf = (browser: Browser) => browser.cookies(app.url).get(sessionCookie(app.url).name)

/** Leads a browser to the point where the auth-server sends it back, and gives the address that it is sent to. */
const almostSignedIn = async (browser: Browser, path = '/sign-in') => {
  const begun = await browser.ask(`${app.url}${path}`, apart)
  const atServer = await browser.ask(begun.headers.get('Location') ?? '', apart)
  return new URL(atServer.headers.get('Location') ?? '')
}

/** Every token in Redis, whole and by its parts. */
const keptTokens = async (): Promise<string[]> => {
  const redis = testRedis()
  const keys = await redis.keys('web-session:*')
  const values = (await Promise.all(keys.map(key => redis.get(key)))).filter(value => value?.includes('refreshToken'))
  redis.disconnect()
  expect(values).not.toEqual([])
  return values.flatMap(value => {
    const { accessToken, refreshToken } = JSON.parse(value?.split('\n')[0] ?? '')
    return [accessToken, refreshToken, ...accessToken.split('.').slice(1)]
  })
}

describe('a person who asks for a page', () => {
  test('is led through the sign-in and back to the page', async () => {
    const browser = createBrowser()
    const page = await browser.ask(`${app.url}/orders?open=1&sort=name`)
    expect([page.status, page.body]).toEqual([200, JSON.stringify({ user: front.userId() })])
    expect(page.way.map(address => new URL(address).pathname)).toEqual([
      ...['/orders', '/sign-in', '/api/authorize', '/signed-in', '/orders'],
    ])
    expect(page.way.at(-1)).toBe(`${app.url}/orders?open=1&sort=name`)
    const again = await browser.ask(`${app.url}/orders`)
    expect([again.status, again.way]).toEqual([200, [`${app.url}/orders`]])
    expect(front.tokenAuthorization()).toMatch(/^Bearer /)
    expect(app.troubles).toEqual([])
  })

  test('asks the auth-server for a code as OAuth has it, with PKCE', async () => {
    const begun = await createBrowser().ask(`${app.url}/sign-in`, apart)
    const address = new URL(begun.headers.get('Location') ?? '')
    expect([begun.status, address.origin, address.pathname]).toEqual([303, front.url, '/api/authorize'])
    const { state, code_challenge: challenge, ...rest } = Object.fromEntries(address.searchParams)
    expect([state?.length, challenge?.length]).toEqual([43, 43])
    expect(rest).toEqual({
      response_type: 'code',
      redirect_uri: `${app.url}/signed-in`,
      code_challenge_method: 'S256',
      client_id: 'app',
    })
    expect([begun.headers.get('Cache-Control'), begun.headers.get('Referrer-Policy')]).toEqual([
      'no-store',
      'same-origin',
    ])
  })

  test('can sign in at an app that is a client with a secret of its own', async () => {
    const other = await startApp({ authUrl: front.url, credentials: client })
    const page = await createBrowser().ask(`${other.url}/orders`)
    expect([page.status, front.tokenAuthorization().slice(0, 6)]).toEqual([200, 'Basic '])
    await other.close()
  })

  test('can sign in at an app of Express 4', async () => {
    const other = await startApp({ authUrl: front.url, framework: express4 as never })
    expect((await createBrowser().ask(`${other.url}/orders`)).status).toBe(200)
    await other.close()
  })

  test('who is not asked by a browser for a page is told in a status, and nothing is begun', async () => {
    const res = await fetch(`${app.url}/orders`, { redirect: 'manual' })
    expect([res.status, res.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="auth-pair"'])
    expect(await res.json()).toMatchObject({ code: 'access-token-required' })
    expect(res.headers.getSetCookie()).toEqual([])
    expect((await createBrowser().ask(`${app.url}/orders`, { method: 'POST', follow: false })).status).toBe(401)
  })
})

describe('what the browser gets', () => {
  test('GW-01: is a session id, and no token: not in a header, a body or a cookie', async () => {
    const browser = createBrowser()
    await browser.ask(`${app.url}/orders`)
    await browser.ask(`${app.url}/orders`)
    for (const token of await keptTokens()) expect(browser.received()).not.toContain(token)
    expect(browser.received()).not.toMatch(/eyJ/)
    expect([...browser.cookies(app.url).keys()]).toEqual([sessionCookie(app.url).name])
    expect(sessionOf(browser)).toMatch(/^s%3A[\w-]{32}\.[\w%]+$/)
  })

  test('is not shown by a page that shows its session', async () => {
    const showing = await startApp({
      authUrl: front.url,
      more: (routes, { signedIn }) =>
        void routes.get('/all', signedIn as never, (req, res) => void res.json(req.session)),
    })
    const page = await createBrowser().ask(`${showing.url}/all`)
    expect(Object.keys(JSON.parse(page.body))).toEqual(['cookie'])
    await showing.close()
  })

  test('is a cookie that scripts cannot read; with https it is Secure and nobody else can set it', async () => {
    const begun = await createBrowser().ask(`${app.url}/sign-in`, apart)
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^session-\d+=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/),
    ])
    const secure = await startApp({ authUrl: front.url, publicUrl: 'https://app.example.com' })
    // TLS has ended before it
    const res = await createBrowser().ask(`${secure.url}/sign-in`, apart)
    expect(res.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-session=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ])
    await secure.close()
  })

  test('is another session id after the sign-in: the one before opens nothing', async () => {
    const browser = createBrowser()
    const back = await almostSignedIn(browser)
    const before = sessionOf(browser)
    expect((await browser.ask(back.href)).status).toBe(200)
    expect(sessionOf(browser)).not.toBe(before)
    const thief = createBrowser()
    thief.cookies(app.url).set(sessionCookie(app.url).name, before ?? '')
    expect((await thief.ask(`${app.url}/orders`, apart)).status).toBe(303)
  })

  test('is nothing on a public page', async () => {
    expect((await createBrowser().ask(`${app.url}/`)).headers.getSetCookie()).toEqual([])
  })
})

describe('a sign-in that is not what was begun', () => {
  const outcome = async (browser: Browser, address: URL) => {
    const { status, body, way } = await browser.ask(address.href)
    // whatever happens, it ends here
    expect(way).toEqual([address.href])
    return [status, /<h1>(.*)<\/h1>/.exec(body)?.[1]]
  }
  const unknown = [400, 'This sign-in is not known here']
  const refused = [403, 'The sign-in was refused']

  test.each([
    ['another state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43)), unknown],
    ['no state', (url: URL) => url.searchParams.delete('state'), unknown],
    [
      'the name of something that every object has',
      (url: URL) => url.searchParams.set('state', 'constructor'),
      unknown,
    ],
    ['two states', (url: URL) => url.searchParams.append('state', 'x'), refused],
    ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example'), refused],
    ['no issuer', (url: URL) => url.searchParams.delete('iss'), refused],
    ['no code', (url: URL) => url.searchParams.delete('code'), refused],
    ['two codes', (url: URL) => url.searchParams.append('code', 'x'), refused],
    ['a code that the auth-server does not know', (url: URL) => url.searchParams.set('code', 'x'), unknown],
    ['an error', (url: URL) => url.searchParams.set('error', 'access_denied'), refused],
    ['an error with markup', (url: URL) => url.searchParams.set('error', '<script>alert(1)</script>'), refused],
    [
      'an error that passes',
      (url: URL) => url.searchParams.set('error', 'temporarily_unavailable'),
      [503, 'The service is not available right now'],
    ],
  ] as const)('comes back with %s, and is refused on a page', async (_what, change, answer) => {
    const browser = createBrowser()
    const back = await almostSignedIn(browser)
    const code = back.searchParams.get('code')
    change(back)
    expect(await outcome(browser, back)).toEqual(answer)
    expect(browser.received()).not.toContain('<script>')
    expect(inspect(app.troubles, { depth: 9 })).not.toContain(code)
    expect((await browser.ask(`${app.url}/orders`, apart)).status).toBe(303)
  })

  test('was begun in another browser', async () => {
    const back = await almostSignedIn(createBrowser())
    expect(await outcome(createBrowser(), back)).toEqual(unknown)
    const other = createBrowser()
    await almostSignedIn(other)
    expect(await outcome(other, back)).toEqual(unknown)
  })

  test('was finished before', async () => {
    const browser = createBrowser()
    const back = await almostSignedIn(browser)
    expect((await browser.ask(back.href)).status).toBe(200)
    expect(await outcome(browser, back)).toEqual(unknown)
    expect((await browser.ask(`${app.url}/orders`, apart)).status).toBe(200)
  })

  test('comes back twice at a time: one of them asks for the tokens', async () => {
    const browser = createBrowser()
    const back = await almostSignedIn(browser)
    const asked = front.count('/api/token')
    const pages = await Promise.all(Array.from({ length: 5 }, () => browser.ask(back.href, apart)))
    expect(pages.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400, 400])
    expect(front.count('/api/token') - asked).toBe(1)
  })

  test('took too long', async () => {
    const browser = createBrowser()
    const back = await almostSignedIn(browser)
    passed = 601_000
    expect(await outcome(browser, back)).toEqual(unknown)
  })

  test.each([
    ['does not know this app', problem(401, 'client-authentication-required', 'invalid_client'), 502],
    ['is away', problem(503, 'unavailable'), 503],
    ['loses its answer', (_req: unknown, res: { destroy(): void }) => res.destroy(), 503],
    ['answers a page', (_req: unknown, res: { end(text: string): void }) => res.end('<html>'), 502],
    [
      'answers a token of somebody else',
      (_req: unknown, res: { writeHead(status: number, headers: object): { end(text: string): void } }) =>
        res
          .writeHead(200, { 'Content-Type': 'application/json' })
          .end('{"access_token":"a.b.c","token_type":"Bearer","refresh_token":"r"}'),
      502,
    ],
  ] as const)(
    'meets an auth-server that %s: it is said, and not tried again (GW-04)',
    async (_what, answer, status) => {
      const browser = createBrowser()
      const back = await almostSignedIn(browser)
      front.answer('/api/token', answer as never)
      const asked = front.count('/api/token')
      expect((await outcome(browser, back))[0]).toBe(status)
      expect(front.count('/api/token') - asked).toBe(1)
      expect(app.troubles.map(({ what }) => what)).toEqual(['sign-in'])
      expect(inspect(app.troubles, { depth: 9 })).not.toContain(back.searchParams.get('code'))
    },
  )
})

describe('GET /sign-in', () => {
  test('returns to paths of this site alone', async () => {
    const at = (returnTo: string) =>
      createBrowser().ask(`${app.url}/sign-in?${new URLSearchParams({ return_to: returnTo })}`, apart)
    for (const bad of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/\t/evil'])
      expect([bad, (await at(bad)).status]).toEqual([bad, 400])
    const twice = await createBrowser().ask(`${app.url}/sign-in?return_to=/a&return_to=/b`, apart)
    expect(twice.status).toBe(400)
    const page = await createBrowser().ask(`${app.url}/sign-in?return_to=/sign-in?return_to=/`)
    expect([page.status, page.way.at(-1)]).toEqual([200, `${app.url}/`])
  })

  test('is not led astray by the address of a page', async () => {
    const { port } = new URL(app.url)
    for (const path of ['//evil.example/orders', '/\\evil.example', 'http://evil.example/orders']) {
      const headers = { 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' }
      const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }).end()
      const [res] = await once(sent, 'response')
      res.resume()
      if (res.statusCode === 303) expect(res.headers.location).toBe('/sign-in?return_to=%2F')
    }
  })

  test('keeps the sign-ins of some tabs apart', async () => {
    const browser = createBrowser()
    const first = await almostSignedIn(browser, '/sign-in?return_to=/orders')
    const second = await almostSignedIn(browser)
    expect(second.searchParams.get('state')).not.toBe(first.searchParams.get('state'))
    expect((await browser.ask(first.href)).way.at(-1)).toBe(`${app.url}/orders`)
  })

  test.each([
    ['POST', '/sign-in', 'GET, HEAD'],
    ['POST', '/signed-in', 'GET'],
    ['HEAD', '/signed-in', 'GET'],
    ['GET', '/sign-out', 'POST'],
  ])('WEB-03: %s %s is not answered', async (method, path, allow) => {
    const res = await createBrowser().ask(`${app.url}${path}`, { method })
    expect([res.status, res.headers.get('Allow')]).toEqual([405, allow])
  })
})
