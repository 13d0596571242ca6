import { setTimeout as wait } from 'node:timers/promises'
import { startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import { sessionCookie } from './load-session.ts'
import { type AuthFront, problem, silence, startAuthFront } from './testing/auth-front.ts'
import { type Browser, createBrowser } from './testing/browser.ts'
import { type App, startApp } from './testing/start-app.ts'

let server: TestServer
let front: AuthFront
let app: App
beforeAll(async () => {
  server = await startAuthServer()
  front = await startAuthFront(server)
  app = await startApp({ authUrl: front.url })
})
afterEach(() => front.relent())
afterAll(async () => {
  await app.close()
  await front.close()
  await server.close()
})

const signedIn = async () => {
  const browser = createBrowser()
  expect((await browser.ask(`${app.url}/orders`)).status).toBe(200)
  return browser
}
const signOut = (browser: Browser, headers: Record<string, string> = { Origin: app.url }) =>
  browser.ask(`${app.url}/sign-out`, { method: 'POST', headers, follow: false })
const statusOf = async (browser: Browser) => (await browser.ask(`${app.url}/orders`, { follow: false })).status

describe('POST /sign-out', () => {
  test('ends the session here and at the auth-server', async () => {
    const browser = await signedIn()
    const cookie = browser.cookies(app.url).get(sessionCookie(app.url).name) ?? ''
    const before = front.count('/api/signout')
    const page = await signOut(browser)
    expect([page.status, page.headers.get('Location')]).toEqual([303, '/'])
    expect(page.headers.getSetCookie()).toEqual([
      `session-${new URL(app.url).port}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax`,
    ])
    expect(front.count('/api/signout') - before).toBe(1)
    const thief = createBrowser()
    thief.cookies(app.url).set(sessionCookie(app.url).name, cookie)
    expect([await statusOf(browser), await statusOf(thief)]).toEqual([303, 303])
  })

  test('is the app’s doing, by the name of its host, in the list of what happened to the account', async () => {
    const browser = await signedIn()
    await signOut(browser)
    const devices = {
      name: 'devices-of-sign-outs',
      text: "select distinct device from audit_events where user_id = $1 and event = 'signed-out'",
    }
    const rows = await server.postgres.read<{ device: string }>(devices, [front.userId()])
    expect(rows).toEqual([{ device: new URL(app.url).hostname }])
  })

  test('needs no session', async () => {
    expect((await signOut(createBrowser())).status).toBe(303)
  })

  test.each([
    [{ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site' }],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }],
  ])('is not done for a page of another site: %j', async headers => {
    const browser = await signedIn()
    const page = await signOut(browser, headers)
    expect([page.status, page.body]).toEqual([
      403,
      expect.stringContaining('Requests from this web site are not accepted'),
    ])
    expect(await statusOf(browser)).toBe(200)
    // as little as any other write
    const order = await browser.ask(`${app.url}/orders`, { method: 'POST', headers, follow: false })
    expect(order.status).toBe(403)
  })

  test.each([
    ['does not answer', silence],
    ['is away', problem(503, 'unavailable')],
  ])(
    'when the auth-server %s: the session here ends, it is said, and nobody waits longer than 2 s',
    async (_what, answer) => {
      const browser = await signedIn()
      front.answer('/api/signout', answer, 9)
      const before = front.count('/api/signout')
      const began = performance.now()
      const page = await signOut(browser)
      expect(performance.now() - began).toBeLessThan(3000)
      expect([page.status, page.body]).toEqual([
        503,
        expect.stringContaining('You are signed out here, and perhaps not elsewhere'),
      ])
      expect(await statusOf(browser)).toBe(303)
      await wait(100)
      expect(front.count('/api/signout') - before).toBe(1)
    },
  )
})
