import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AuthClient } from '@auth-pair/client/browser'
import { tokenLifeS } from './start-stack.ts'
import { claimsOf, type Tab, useTabs } from './use-tabs.ts'

declare const client: AuthClient

const { stack, newProfile } = useTabs()
const lifeMs = tokenLifeS * 1000
const refreshPath = /POST \/api\/refresh/

const failedRefresh = ({ page }: Tab) =>
  page.waitForEvent('requestfailed', request => request.url().endsWith('/api/refresh'))

/** A profile with a signed-in tab whose token has expired, as far as the browser knows. */
const atExpiry = async (options?: { before: string }) => {
  const { open, fastForward, profile } = await newProfile(options)
  const tab = await open(stack().one)
  const userId = await tab.signUp()
  const { sid } = claimsOf(await tab.accessToken())
  await fastForward(lifeMs)
  return { tab, open, fastForward, profile, userId, sid }
}

/** The tab is still signed in to the session, and nothing was said to the contrary. */
const expectSameSession = async (tab: Tab, { userId, sid }: { userId: string; sid: string }) => {
  expect(await tab.call()).toEqual({ status: 200, userId })
  expect(claimsOf(await tab.accessToken())).toMatchObject({ sub: userId, sid })
  expect((await tab.told()).filter(({ kind }) => kind === 'signed-out')).toEqual([])
}

describe('a token that expires', () => {
  test('with two tabs that make fifty calls each at once is renewed by one refresh', async () => {
    const { open, fastForward } = await newProfile()
    const first = await open(stack().one)
    await first.signUp()
    const second = await open(stack().one)
    expect(await second.call()).toMatchObject({ status: 200 })
    for (let expiry = 0; expiry < 3; expiry++) {
      await fastForward(lifeMs)
      const before = stack().refreshes()
      expect(await Promise.all([first.calls(50), second.calls(50)])).toEqual([['200'], ['200']])
      expect(stack().refreshes() - before).toBe(1)
      expect(await first.accessToken()).toBe(await second.accessToken())
    }
  })

  test('is renewed by one refresh though a tab gets its turn before it hears what came of the last one', async () => {
    const before = `
      const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, 'onmessage')
      const late = listener => event => setTimeout(listener, 100, event)
      Object.defineProperty(BroadcastChannel.prototype, 'onmessage', {
        set(listener) {
          set.call(this, late(listener))
        },
      })`
    const { open, fastForward } = await newProfile({ before })
    const first = await open(stack().one)
    await first.signUp()
    const second = await open(stack().one)
    expect(await second.call()).toMatchObject({ status: 200 })
    await fastForward(lifeMs)
    const refreshes = stack().refreshes()
    expect(await Promise.all([first.calls(5), second.calls(5)])).toEqual([['200'], ['200']])
    expect(stack().refreshes() - refreshes).toBe(1)
  })

  test('is renewed ahead of its end, and nobody waits for it', async () => {
    const { open, fastForward } = await newProfile()
    const tab = await open(stack().one)
    const userId = await tab.signUp()
    const former = await tab.accessToken()
    await fastForward(lifeMs * 0.85)
    const answered = tab.page.waitForResponse(response => response.url().endsWith('/api/refresh'))
    expect(await tab.call()).toEqual({ status: 200, userId })
    await answered
    await tab.page.waitForFunction(async token => (await client.accessToken()) !== token, former)
    expect(await tab.call()).toEqual({ status: 200, userId })
  })

  test('that the service refuses though the browser thinks it alive is renewed, and the call made again, once', async () => {
    const { open, fastForward } = await newProfile()
    const tab = await open(stack().one)
    const userId = await tab.signUp()
    await fastForward(lifeMs * 0.6)
    stack().pass(lifeMs * 2)
    const statuses: number[] = []
    tab.page.on('response', response => {
      if (response.url().endsWith('/api/restricted') && response.request().method() === 'GET')
        statuses.push(response.status())
    })
    const before = stack().refreshes()
    expect(await tab.call()).toEqual({ status: 200, userId })
    expect(statuses).toEqual([401, 200])
    expect(stack().refreshes() - before).toBe(1)
  })

  test('while the machine sleeps is renewed before it is used, though the steady clock stood still', async () => {
    const { open, profile } = await newProfile()
    const tab = await open(stack().one)
    const userId = await tab.signUp()
    stack().pass(lifeMs * 2)
    await profile.clock.setSystemTime(Date.now() + lifeMs * 2)
    const statuses: number[] = []
    tab.page.on('response', response => {
      if (response.url().endsWith('/api/restricted')) statuses.push(response.status())
    })
    expect(await tab.call()).toEqual({ status: 200, userId })
    expect(statuses).not.toContain(401)
  })
})

describe('a refresh that goes wrong', () => {
  test('because its reply is lost is asked for again, in the same session', async () => {
    const { tab, ...who } = await atExpiry()
    // Chromium itself asks again on a connection that it had open: all of that is lost too
    const lost = stack().proxy.loseReply(refreshPath, 3)
    await expectSameSession(tab, who)
    expect(lost()).toBe(3)
  })

  test('because the auth-server is away for a while signs nobody out', async () => {
    const { tab, ...who } = await atExpiry()
    await stack().proxy.set('refuse')
    const failed = failedRefresh(tab)
    const call = tab.call()
    await failed
    await failedRefresh(tab)
    await stack().proxy.set('pass')
    expect(await call).toEqual({ status: 200, userId: who.userId })
    await expectSameSession(tab, who)
  })

  test('because the auth-server is away for long is an error of this call, and no end of the session', async () => {
    const { tab, open, fastForward, ...who } = await atExpiry()
    const other = await open(stack().one)
    await stack().proxy.set('refuse')
    const failed = failedRefresh(tab)
    const call = tab.call()
    await failed
    await fastForward(15_000)
    expect(await call).toEqual({ error: 'unavailable' })
    await stack().proxy.set('pass')
    await expectSameSession(tab, who)
    await expectSameSession(other, who)
  })

  test('because something else answers 503 in its place signs nobody out', async () => {
    const { tab, ...who } = await atExpiry()
    const outage = createServer((_req, res) => res.writeHead(503, { 'Content-Type': 'text/html' }).end('<h1>Sorry'))
    await once(outage.listen(0, '127.0.0.1'), 'listening')
    stack().proxy.redirect(`http://127.0.0.1:${(outage.address() as AddressInfo).port}`)
    const failed = failedRefresh(tab)
    const call = tab.call()
    await failed
    stack().proxy.redirect(stack().auth.url)
    expect(await call).toEqual({ status: 200, userId: who.userId })
    await expectSameSession(tab, who)
    outage.closeAllConnections()
    outage.close()
  })

  test('because the page is left signs nobody out', async () => {
    const { tab, open, ...who } = await atExpiry()
    const other = await open(stack().one)
    await stack().proxy.set('black-hole')
    const asked = tab.page.waitForEvent('request', request => request.url().endsWith('/api/refresh'))
    tab.page.evaluate(() => void client.accessToken().catch(() => {}))
    await asked
    await tab.page.goto(stack().two)
    await stack().proxy.set('pass')
    await expectSameSession(other, who)
    await expectSameSession(tab, who)
  })
})

describe('taking turns', () => {
  test('does not wait for ever for a tab that is frozen', async () => {
    const { tab, open, fastForward, ...who } = await atExpiry()
    const frozen = await open(stack().one)
    await frozen.page.evaluate(
      name =>
        new Promise<void>(held => {
          navigator.locks.request(name, () => {
            held()
            return new Promise(() => {})
          })
        }),
      `auth-pair ${stack().authUrl}`,
    )
    const before = stack().refreshes()
    const calls = tab.calls(3)
    await tab.page.waitForFunction(async () => (await navigator.locks.query()).pending?.length)
    expect(stack().refreshes()).toBe(before)
    await fastForward(12_000)
    expect(await calls).toEqual(['200'])
    await expectSameSession(tab, who)
    expect(stack().refreshes() - before).toBe(1)
  })

  test('keeps a sign-in from being overtaken by the answer to a refresh of another tab, and its cookie', async () => {
    const { open } = await newProfile()
    const refreshing = await open(stack().one)
    await refreshing.page.evaluate(
      name =>
        new Promise<void>(held => {
          navigator.locks.request(name, () => {
            held()
            return new Promise<void>(resolve => Object.assign(globalThis, { done: resolve }))
          })
        }),
      `auth-pair ${stack().authUrl}`,
    )
    const tab = await open(stack().one)
    const sent: string[] = []
    tab.page.on('request', request => sent.push(request.url()))
    const signedIn = tab.signUp()
    await tab.page.waitForFunction(async () => (await navigator.locks.query()).pending?.length)
    expect(sent).toEqual([])
    await refreshing.page.evaluate('done()')
    expect(await tab.call()).toEqual({ status: 200, userId: await signedIn })
  })

  test('is not needed: without locks and messages, each tab refreshes, and none is signed out', async () => {
    const before = 'delete globalThis.BroadcastChannel; delete Navigator.prototype.locks'
    const { tab, open, fastForward, ...who } = await atExpiry({ before })
    const other = await open(stack().one)
    await expectSameSession(other, who)
    await fastForward(lifeMs)
    expect(await Promise.all([tab.calls(20), other.calls(20)])).toEqual([['200'], ['200']])
    await expectSameSession(tab, who)
    await expectSameSession(other, who)
  })
})
