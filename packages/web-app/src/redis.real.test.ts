import { setTimeout as wait } from 'node:timers/promises'
import { startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import { type FaultProxy, faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import type { Express, RequestHandler } from 'express'
import { Redis } from 'ioredis'
import type { BrowserSessions } from './index.ts'
import { sessionCookie } from './load-session.ts'
import { type AuthFront, startAuthFront } from './testing/auth-front.ts'
import { type Browser, createBrowser } from './testing/browser.ts'
import { type App, startApp } from './testing/start-app.ts'

const url = process.env.TEST_REDIS_URL ?? ''

/** Routes in the middle of which Redis goes away. */
const more = (routes: Express, { signedIn }: BrowserSessions) => {
  const guard = signedIn as RequestHandler
  const goAway: RequestHandler = async (req, res) => {
    if (req.path === '/write') Object.assign(req.session, { note: 'x' })
    await proxy.set('refuse')
    res.json({})
  }
  routes.get('/read', guard, goAway)
  routes.get('/write', guard, goAway)
}

let server: TestServer
let front: AuthFront
let proxy: FaultProxy
let redis: Redis
let app: App
beforeAll(async () => {
  server = await startAuthServer()
  front = await startAuthFront(server)
  proxy = await faultProxyOf(url)
  // as somebody makes a client who has read nothing: what it would wait for is not waited for
  redis = new Redis(proxy.through(url))
  redis.on('error', () => {})
  app = await startApp({
    authUrl: front.url,
    redis,
    more,
  })
})
afterEach(async () => {
  await proxy.set('pass')
  app.troubles.splice(0)
})
afterAll(async () => {
  await app.close()
  redis.disconnect()
  await proxy.close()
  await front.close()
  await server.close()
})

const signedIn = async () => {
  const browser = createBrowser()
  while (redis.status !== 'ready') await wait(20)
  expect((await browser.ask(`${app.url}/orders`)).status).toBe(200)
  return browser
}
const keyOf = (browser: Browser) =>
  `web-session:${
    decodeURIComponent(browser.cookies(app.url).get(sessionCookie(app.url).name) ?? '')
      .slice(2)
      .split('.')[0]
  }`

test('a page is looked at with the commands of express-session and connect-redis alone: one GET, one EXPIRE', async () => {
  const browser = await signedIn()
  const [watcher, seen] = [await new Redis(url).monitor(), [] as string[]]
  watcher.on('monitor', (_time: string, [command, ...args]: string[]) => {
    if (args.some(arg => arg.includes(keyOf(browser)))) seen.push(command?.toLowerCase() ?? '')
  })
  for (let i = 0; i < 3; i++) await browser.ask(`${app.url}/orders`)
  while (seen.length < 6) await wait(10)
  await wait(50)
  watcher.disconnect()
  expect(seen).toEqual(['get', 'expire', 'get', 'expire', 'get', 'expire'])
})

test.each(['refuse', 'black-hole'] as const)(
  'while Redis is away (%s) pages are answered 503 within a second, nobody loses a session, and no restart is needed',
  async fault => {
    const browser = await signedIn()
    await proxy.set(fault)
    for (const path of ['/orders', '/sign-in', '/signed-in?state=x']) {
      const began = performance.now()
      // one who brings no cookie has no session to be looked for, and fails where one is made
      const page = await browser.ask(`${app.url}${path}`)
      expect([page.status, page.headers.get('Retry-After'), page.headers.getSetCookie()]).toEqual([503, '2', []])
      expect(page.body).toContain('The service is not available right now')
      expect(performance.now() - began).toBeLessThan(1000)
    }
    const begun = await createBrowser().ask(`${app.url}/sign-in`)
    expect([begun.status, begun.way]).toEqual([503, [`${app.url}/sign-in`]])
    const out = await browser.ask(`${app.url}/sign-out`, {
      method: 'POST',
      headers: { Origin: app.url },
      follow: false,
    })
    expect(out.status).toBe(503)
    expect((await createBrowser().ask(`${app.url}/`)).status).toBe(200)
    expect(new Set(app.troubles.map(({ what }) => what))).toEqual(new Set(['redis']))
    await proxy.set('pass')
    for (let i = 0; (await browser.ask(`${app.url}/orders`)).status !== 200; i++) {
      if (i > 200) throw new Error('it did not come back')
      await wait(50)
    }
  },
)

test.each(['/read', '/write'])('an answer that is on its way when Redis goes away still arrives (%s)', async path => {
  const browser = await signedIn()
  expect((await browser.ask(`${app.url}${path}`)).status).toBe(200)
  while (app.troubles.length === 0) await wait(5)
  expect(app.troubles.map(({ what }) => what)).toEqual(['redis'])
})
