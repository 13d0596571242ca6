import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createRevocationFeed, type RevocationFeed } from '@auth-pair/access-token'
import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { redisApart, secrets, startAuthServer, type TestServer, testRedis } from '@auth-pair/auth-server/testing'
import type { Express, RequestHandler } from 'express'
import type { BrowserSessions } from './index.ts'
import { sessionCookie } from './load-session.ts'
import { type AuthFront, lost, problem, silence, startAuthFront } from './testing/auth-front.ts'
import { type Browser, createBrowser } from './testing/browser.ts'
import { type App, issuer, startApp } from './testing/start-app.ts'

let passed = 0
const now = () => Date.now() + passed
/** With the leeway of a verifier. */
const lifeMs = 306_000

let server: TestServer
let front: AuthFront
let feed: RevocationFeed
/** Holds back `/slow` after it has begun, until it is let go. */
let slow = { begun: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
const more = (app: Express, { signedIn }: BrowserSessions) => {
  const guard = signedIn as RequestHandler
  const note: RequestHandler = async (req, res) => {
    Object.assign(req.session, { note: req.path })
    if (req.path === '/slow') {
      slow.begun.resolve()
      await slow.go.promise
    }
    res.json({ user: req.auth?.sub })
  }
  app.get('/slow', guard, note)
  app.get('/note', guard, note)
  app.get('/read', guard, (req, res) => void res.json((req.session as { note?: string }).note ?? null))
}
let app: App
beforeAll(async () => {
  server = await startAuthServer(redisApart(9), { now, sessionNow: now })
  front = await startAuthFront(server, now)
  feed = createRevocationFeed({
    authServerUrl: server.url,
    secret: secrets.JWT_ACCESS_SECRET,
    issuer,
    service: 'app',
    now,
  })
  feed.start()
  while (feed.state().kind !== 'connected') await wait(10)
  app = await startApp({ authUrl: front.url, revocations: feed.revocations, now, more })
})
beforeEach(() => {
  slow = { begun: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
})
afterEach(() => {
  front.relent()
  app.troubles.splice(0)
})
afterAll(async () => {
  await app.close()
  await feed.stop()
  await front.close()
  await server.close()
})

const apart = { follow: false } as const
const refreshes = () => front.count('/api/refresh')
const signedIn = async (at: App = app): Promise<Browser> => {
  const browser = createBrowser()
  expect((await browser.ask(`${at.url}/orders`)).status).toBe(200)
  return browser
}
const statusOf = async (browser: Browser, path = '/orders', at: App = app) =>
  (await browser.ask(`${at.url}${path}`, apart)).status
const keyOf = (browser: Browser, at: App = app) => {
  const cookie = decodeURIComponent(browser.cookies(at.url).get(sessionCookie(at.url).name) ?? '')
  return `web-session:${cookie.slice(2).split('.')[0]}`
}
const inRedis = async <T>(use: (redis: ReturnType<typeof testRedis>) => Promise<T>): Promise<T> => {
  const redis = testRedis()
  try {
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}
const heldBy = async (browser: Browser) =>
  inRedis(async redis => JSON.parse((await redis.get(keyOf(browser)))?.split('\n')[0] || 'null'))

describe('an access token that has expired', () => {
  test('is renewed once for fifty pages at a time, and the person notices nothing', async () => {
    const browser = await signedIn()
    const [before, held] = [refreshes(), await heldBy(browser)]
    passed += lifeMs
    const pages = await Promise.all(Array.from({ length: 50 }, () => statusOf(browser)))
    expect([new Set(pages), refreshes() - before]).toEqual([new Set([200]), 1])
    const renewed = await heldBy(browser)
    expect(renewed.accessToken).not.toBe(held.accessToken)
    expect(renewed.since).toBe(held.since)
    expect([await statusOf(browser), refreshes() - before]).toEqual([200, 1])
    expect(browser.received()).not.toContain(renewed.refreshToken)
  })

  test('GW-03: is renewed once for fifty pages at a time on two instances', async () => {
    const [one, two] = (await Promise.all(
      [1, 2].map(() => startApp({ authUrl: front.url, publicUrl: app.url, now })),
    )) as [App, App]
    for (let round = 0; round < 3; round++) {
      const browser = await signedIn()
      const cookie = `${sessionCookie(app.url).name}=${browser.cookies(app.url).get(sessionCookie(app.url).name)}`
      const before = refreshes()
      passed += lifeMs
      const statuses = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          createBrowser().ask(`${(i % 2 ? one : two).url}/orders`, { headers: { Cookie: cookie }, ...apart }),
        ),
      )
      expect([new Set(statuses.map(({ status }) => status)), refreshes() - before]).toEqual([new Set([200]), 1])
    }
    expect([...one.troubles, ...two.troubles]).toEqual([])
    await Promise.all([one.close(), two.close()])
  })

  test.each([
    ['was lost', () => lost(server)],
    ['was 503', () => problem(503, 'unavailable')],
    ['was a page of a proxy', () => problem(502, '')],
  ])('is asked for once more with the same token when the answer %s', async (_what, answer) => {
    const browser = await signedIn()
    const before = refreshes()
    front.answer('/api/refresh', answer())
    passed += lifeMs
    expect([await statusOf(browser), refreshes() - before]).toEqual([200, 2])
  })

  test('is no reason to sign anybody out while the auth-server is away: the page says so, and works when it is back', async () => {
    const browser = await signedIn()
    passed += lifeMs
    front.answer('/api/refresh', problem(503, 'unavailable'), 99)
    const before = refreshes()
    const page = await browser.ask(`${app.url}/orders`)
    expect([page.status, page.headers.get('Retry-After'), page.headers.getSetCookie()]).toEqual([503, '2', []])
    expect(page.body).toContain('The service is not available right now')
    expect(refreshes() - before).toBe(2)
    front.relent()
    for (const code of ['session-ended', 'too-many-requests', 'access-token-invalid']) {
      // only the auth-server's own word counts, and only with its status
      const status = code === 'session-ended' ? 403 : code === 'too-many-requests' ? 429 : 401
      front.answer('/api/refresh', problem(status, code))
      const asked = refreshes()
      expect([code, await statusOf(browser), refreshes() - asked]).toEqual([code, 503, 1])
    }
    expect(app.troubles.length).toBeGreaterThan(0)
    expect(await statusOf(browser)).toBe(200)
  })

  test('does not keep anybody waiting for more than 5 s', async () => {
    const browser = await signedIn()
    passed += lifeMs
    front.answer('/api/refresh', silence, 99)
    const began = performance.now()
    expect(await statusOf(browser)).toBe(503)
    expect(performance.now() - began).toBeLessThan(5000)
    front.relent()
    expect(await statusOf(browser)).toBe(200)
  })

  test('is the end of the session when the auth-server says so', async () => {
    const browser = await signedIn()
    front.answer('/api/refresh', problem(401, 'session-ended'))
    passed += lifeMs
    const page = await browser.ask(`${app.url}/orders`, apart)
    expect([page.status, page.headers.get('Location')]).toEqual([303, '/sign-in?return_to=%2Forders'])
    expect(page.headers.getSetCookie()).toEqual([sessionCookie(app.url).expired])
    expect(browser.cookies(app.url).size).toBe(0)
    expect(await inRedis(async redis => redis.keys('web-session:turn:*'))).toEqual([])
  })
})

describe('an access token that is about to expire', () => {
  test('is renewed while nobody waits for it', async () => {
    const browser = await signedIn()
    const [before, held] = [refreshes(), await heldBy(browser)]
    passed += lifeMs - 26_000
    expect(await statusOf(browser)).toBe(200)
    while (refreshes() === before || (await heldBy(browser)).accessToken === held.accessToken) await wait(10)
    expect([await statusOf(browser), refreshes() - before]).toEqual([200, 1])
  })

  test('opens pages to its end while the auth-server is away, which is not asked with each of them', async () => {
    const browser = await signedIn()
    passed += lifeMs - 26_000
    front.answer('/api/refresh', problem(503, 'unavailable'), 99)
    const before = refreshes()
    while (app.troubles.length === 0) expect(await statusOf(browser)).toBe(200)
    for (let i = 0; i < 20; i++) expect(await statusOf(browser)).toBe(200)
    expect(refreshes() - before).toBe(2)
  })
})

describe('a session', () => {
  test('ends here at once when it is ended elsewhere', async () => {
    const browser = await signedIn()
    const { refreshToken } = await heldBy(browser)
    const { version } = feed.revocations
    await fetch(`${server.url}/api/signout`, { method: 'POST', headers: { Authorization: `Bearer ${refreshToken}` } })
    while (feed.revocations.version === version) await wait(5)
    expect(await statusOf(browser)).toBe(303)
    expect(await inRedis(redis => redis.exists(keyOf(browser)))).toBe(0)
  })

  test('lasts 12 hours, however much it is used', async () => {
    const browser = await signedIn()
    for (let hours = 0; hours < 11; hours++) {
      passed += 3_600_000
      expect(await statusOf(browser)).toBe(200)
    }
    passed += 3_600_000 + 1000
    expect(await statusOf(browser)).toBe(303)
  })

  test('lives for 30 minutes from its last use', async () => {
    const browser = await signedIn()
    const key = keyOf(browser)
    await inRedis(redis => redis.expire(key, 100))
    expect(await statusOf(browser)).toBe(200)
    expect(await inRedis(redis => redis.ttl(key))).toBeGreaterThan(1790)
    await inRedis(redis => redis.del(key))
    expect(await statusOf(browser)).toBe(303)
  })

  test('that was renewed stays renewed when a request from before is done with it, and what it wrote is kept', async () => {
    const browser = await signedIn()
    const atWork = browser.ask(`${app.url}/slow`)
    await slow.begun.promise
    passed += lifeMs
    expect(await statusOf(browser)).toBe(200)
    const renewed = await heldBy(browser)
    slow.go.resolve()
    expect((await atWork).status).toBe(200)
    expect(await heldBy(browser)).toEqual(renewed)
    expect((await browser.ask(`${app.url}/read`)).body).toBe('"/slow"')
    // twice more, so that a token that was put back would be found to be used again
    for (let i = 0; i < 2; i++) {
      passed += lifeMs
      expect(await statusOf(browser)).toBe(200)
    }
  })

  test('that has ended is not brought back by a request from before', async () => {
    const browser = await signedIn()
    const key = keyOf(browser)
    const atWork = browser.ask(`${app.url}/slow`, apart)
    await slow.begun.promise
    expect((await browser.ask(`${app.url}/sign-out`, { method: 'POST', ...apart })).status).toBe(303)
    slow.go.resolve()
    expect((await atWork).status).toBe(200)
    expect(await inRedis(redis => redis.exists(key))).toBe(0)
  })

  test('keeps what the app writes beside a renewal of the same request', async () => {
    const browser = await signedIn()
    passed += lifeMs
    expect(await statusOf(browser, '/note')).toBe(200)
    expect((await browser.ask(`${app.url}/read`)).body).toBe('"/note"')
    expect(await statusOf(browser)).toBe(200)
  })
})

describe('the same guard', () => {
  const sign = createSigner({ key: createKey(secrets.JWT_ACCESS_SECRET), issuer, audience: 'auth-pair' })
  const token = (userId: string) => sign({ userId, sessionId: 'A'.repeat(22), now: now(), lifeS: 300 })
  const ask = async (browser: Browser, headers: Record<string, string>, method = 'GET') => {
    const { status, body } = await browser.ask(`${app.url}/orders`, { headers, method, ...apart })
    return [status, status === 200 ? JSON.parse(body).user : undefined]
  }

  test('lets callers with a token pass; the token goes first', async () => {
    const [userId, browser] = [randomUUID(), await signedIn()]
    const asCaller = { Authorization: `Bearer ${token(userId)}` }
    expect(await ask(createBrowser(), asCaller)).toEqual([200, userId])
    expect(await ask(browser, asCaller)).toEqual([200, userId])
    expect(await ask(createBrowser(), asCaller, 'POST')).toEqual([200, userId])
    expect(await ask(browser, { Authorization: 'Bearer junk' })).toEqual([401, undefined])
    expect(await ask(browser, { Authorization: 'Basic YTpi' })).toEqual([200, front.userId()])
  })

  test('GW-02: takes no header for an identity', async () => {
    const browser = await signedIn()
    const names = [
      'X-User-Id',
      'X-User',
      'X-Forwarded-User',
      'X-Auth-Request-User',
      'X-Remote-User',
      'Remote-User',
      'X-Auth',
    ]
    const claimed = Object.fromEntries(names.map(name => [name, randomUUID()]))
    expect(await ask(createBrowser(), claimed)).toEqual([303, undefined])
    expect(await ask(browser, claimed)).toEqual([200, front.userId()])
  })

  test('takes no cookie that was not signed here', async () => {
    const browser = await signedIn()
    const cookie = browser.cookies(app.url).get(sessionCookie(app.url).name) ?? ''
    for (const forged of [
      keyOf(browser).slice(12),
      cookie.replace(/\.[^.]+$/, ''),
      `${cookie.slice(0, -4)}AAAA`,
      's%3Ax.y',
    ]) {
      const thief = createBrowser()
      thief.cookies(app.url).set(sessionCookie(app.url).name, forged)
      expect([forged, await statusOf(thief)]).toEqual([forged, 303])
    }
  })
})
