import type { AuthClient } from '@auth-pair/client/browser'
import { freshEmail } from './start-stack.ts'
import { claimsOf, useTabs } from './use-tabs.ts'

declare const client: AuthClient
declare const document: { cookie: string }
declare const localStorage: { length: number }
declare const sessionStorage: { length: number }
declare const indexedDB: { databases(): Promise<unknown[]> }
declare const caches: { keys(): Promise<string[]> }

const { stack, newProfile } = useTabs()

describe('signing in on a page', () => {
  test('a page signs up, and calls a service of another origin', async () => {
    const { open } = await newProfile()
    const tab = await open(stack().one)
    const userId = await tab.signUp()
    expect(await tab.call()).toEqual({ status: 200, userId })
    expect(await tab.told()).toEqual([{ kind: 'signed-in', user: expect.objectContaining({ id: userId }) }])
  })

  test('a wrong password is told as the server tells it', async () => {
    const { open } = await newProfile()
    const tab = await open(stack().one)
    const wrong = await tab.page.evaluate(
      email =>
        client
          .signIn({ email, password: 'not the password' })
          .catch(({ name, code, status }) => ({ name, code, status })),
      freshEmail(),
    )
    expect(wrong).toEqual({ name: 'AuthError', code: 'invalid-credentials', status: 401 })
    expect(await tab.told()).toEqual([])
  })

  test('a reload keeps the sign-in, by one refresh', async () => {
    const { open } = await newProfile()
    const tab = await open(stack().one)
    const userId = await tab.signUp()
    const { sid } = claimsOf(await tab.accessToken())
    await tab.reload()
    const before = stack().refreshes()
    expect(await tab.calls(20)).toEqual(['200'])
    expect(claimsOf(await tab.accessToken())).toMatchObject({ sub: userId, sid })
    expect(stack().refreshes() - before).toBe(1)
    expect(await tab.told()).toEqual([])
  })

  test('where nobody is signed in, a page learns it by one refresh, and is not told of an end', async () => {
    const { open } = await newProfile()
    const tab = await open(stack().one)
    const before = stack().refreshes()
    expect(await tab.call()).toEqual({ error: 'signed-out' })
    expect(await tab.call()).toEqual({ error: 'signed-out' })
    expect(stack().refreshes() - before).toBe(1)
    expect(await tab.told()).toEqual([])
  })

  test('no token is where it would outlive the page, or where a script could read it', async () => {
    const { open, profile } = await newProfile()
    const tab = await open(stack().one)
    await tab.signUp()
    await tab.call()
    await tab.reload()
    expect(await tab.call()).toMatchObject({ status: 200 })
    const kept = await tab.page.evaluate(async () => ({
      local: localStorage.length,
      session: sessionStorage.length,
      databases: await indexedDB.databases(),
      caches: await caches.keys(),
      cookie: document.cookie,
    }))
    expect(kept).toEqual({ local: 0, session: 0, databases: [], caches: [], cookie: '' })
    const cookies = await profile.cookies(`${stack().authUrl}/api/refresh`)
    expect(cookies.map(({ name, httpOnly }) => [name, httpOnly]).sort()).toEqual([
      ['xid_access', true],
      ['xid_refresh', true],
    ])
  })

  test('the token goes to the services that are named, and nowhere else', async () => {
    const { open } = await newProfile()
    const tab = await open(stack().one)
    await tab.signUp()
    const sent: string[] = []
    tab.page.on('request', request => sent.push(request.url()))
    // relative to the page, whose own origin is not named
    expect(await tab.call('/api/restricted')).toEqual({ error: 'foreign-origin' })
    expect(await tab.call(`${stack().two}/api/restricted`)).toEqual({ error: 'foreign-origin' })
    expect(await tab.page.evaluate(() => client.tokenFor('/reports').catch(({ code }) => code))).toBe('foreign-origin')
    expect(sent).toEqual([])
    expect(await tab.call(`${stack().authUrl}/api/auth/user`)).toMatchObject({ status: 200 })
  })

  test('a page of an origin that is not on the allow-list gets nothing', async () => {
    const { open } = await newProfile()
    await (await open(stack().one)).signUp()
    const stranger = await open(stack().stranger)
    const before = stack().refreshes()
    const preflight = stranger.page.waitForEvent('requestfailed', request => request.url().endsWith('/api/refresh'))
    const asked = stranger.page.evaluate(() =>
      client.accessToken({ signal: AbortSignal.timeout(2000) }).catch(error => error.name),
    )
    await preflight
    expect(await asked).toBe('TimeoutError')
    expect(stack().refreshes() - before).toBe(0)

    // a request that needs no preflight is refused by the server, and the page cannot read even that
    const plain = await stranger.page.evaluate(
      url => fetch(`${url}/api/refresh`, { method: 'POST', credentials: 'include' }).catch(error => error.name),
      stack().authUrl,
    )
    expect(plain).toBe('TypeError')
    expect(stack().refreshes() - before).toBe(0)
    await stranger.page.goto(stack().one)
    expect(await stranger.call()).toMatchObject({ status: 200 })
  })
})
