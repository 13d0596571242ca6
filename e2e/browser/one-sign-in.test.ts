import { freePort } from '@auth-pair/dev/free-port'
import type { Browser, Page } from 'playwright-core'
import { startApp } from './start-app.ts'
import { fillIn, freshEmail, goodPassword, launchChromium, sitDown, startPages } from './start-pages.ts'

let stack: Awaited<ReturnType<typeof startPages>>
let apps: { url: string; stop: () => Promise<unknown> }[]
let chromium: Browser

beforeAll(async () => {
  const ports = [await freePort(), await freePort()]
  const returnAddresses = ports.map(port => `http://localhost:${port}/signed-in`).join(',')
  ;[stack, chromium] = await Promise.all([startPages({ RETURN_ADDRESSES: returnAddresses }), launchChromium()])
  apps = await Promise.all(ports.map(port => startApp(port, stack.url)))
})
afterEach(() => stack.redis.set('pass'))
afterAll(async () => {
  await chromium?.close()
  for (const { stop } of apps ?? []) await stop()
  await stack?.close()
})

const shown = 'This is only for signed-in users.'
const [first, second] = [() => apps[0]?.url ?? '', () => apps[1]?.url ?? '']

/** A new user who came from the first app, and is back at what was asked for there. */
const signUpFromApp = async (javaScriptEnabled = true) => {
  const person = await sitDown(chromium, { javaScriptEnabled })
  const { page } = person
  const email = freshEmail()
  await page.goto(`${first()}/restricted`)
  await page.waitForURL(`${stack.url}/sign-in?**`)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await fillIn(page, email, goodPassword)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL(`${first()}/restricted`)
  await page.getByText(shown).waitFor()
  return { ...person, email }
}

/** Whether a page is asked for in vain: the browser ends up at the sign-in. */
const isSignedOut = async (page: Page, url: string): Promise<boolean> => {
  await page.goto(`${url}/restricted`)
  return page.url().startsWith(`${stack.url}/sign-in?`)
}

/** Milliseconds until the page shows nothing any more. */
const untilSignedOut = async (page: Page, url: string): Promise<number> => {
  const since = performance.now()
  while (!(await isSignedOut(page, url))) {
    if (performance.now() - since > 5000) throw new Error('still signed in after 5 s')
  }
  return performance.now() - since
}

describe.each([true, false])('two front ends, with JavaScript: %s', javaScriptEnabled => {
  test('share one sign-in, and its end', async () => {
    const { profile, page, complaints } = await signUpFromApp(javaScriptEnabled)
    const other = await profile.newPage()
    // nobody is asked for anything
    await other.goto(`${second()}/restricted`)
    expect(other.url()).toBe(`${second()}/restricted`)
    await other.getByText(shown).waitFor()

    await other.getByRole('button', { name: 'Sign out' }).click()
    await other.waitForURL(`${second()}/`)
    expect(await untilSignedOut(page, first())).toBeLessThan(1000)
    expect(await isSignedOut(other, second())).toBe(true)
    await page.goto(`${stack.url}/account`)
    expect(page.url()).toBe(`${stack.url}/sign-in`)
    expect(complaints).toEqual([])
    await profile.close()
  })
})

describe('the account page', () => {
  test('ends the sign-in of another device, at the apps that it uses too', async () => {
    const { profile, page, email } = await signUpFromApp()
    const elsewhere = await sitDown(chromium)
    await elsewhere.page.goto(`${stack.url}/sign-in`)
    await fillIn(elsewhere.page, email, goodPassword)
    await elsewhere.page.getByRole('button', { name: 'Sign in' }).click()
    await elsewhere.page.waitForURL('**/account')
    await elsewhere.page.getByRole('button', { name: 'Sign out all other devices' }).click()
    await elsewhere.page.waitForURL('**/account**')
    expect(await untilSignedOut(page, first())).toBeLessThan(1000)
    await elsewhere.profile.close()
    await profile.close()
  })
})

describe('what the app lets a browser have', () => {
  test('GW-01, WEB-09: is a session id, in a cookie that scripts cannot read, and nothing of a token', async () => {
    const { profile, page } = await sitDown(chromium)
    const received: Promise<string>[] = []
    page.on('response', response => {
      if (!response.url().startsWith(first())) return
      received.push(
        Promise.all([response.headersArray(), response.text().catch(() => '')]).then(all => JSON.stringify(all)),
      )
    })
    await page.goto(`${first()}/restricted`)
    await page.getByRole('link', { name: 'Create an account' }).click()
    await fillIn(page, freshEmail(), goodPassword)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByText(shown).waitFor()

    const all = (await Promise.all(received)).join('\n')
    expect(all).toContain(shown)
    // the beginning of every JWT, and a refresh token's length
    expect(all).not.toMatch(/eyJ|[A-Za-z0-9_-]{96}/)
    const name = `session-${new URL(first()).port}`
    const cookies = await profile.cookies(first())
    expect(cookies.find(cookie => cookie.name === name)).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).toEqual(['', 0, 0])
    await profile.close()
  })
})

describe('while the Redis of the auth-server is away', () => {
  test('a sign-in says so in words, and goes on afterwards where it was', async () => {
    const { profile, page, email } = await signUpFromApp()
    await profile.clearCookies()
    await page.goto(`${first()}/restricted`)
    await page.waitForURL(`${stack.url}/sign-in?**`)
    await stack.redis.set('refuse')
    await fillIn(page, email, goodPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This does not work at the moment').first().waitFor()
    await stack.redis.set('pass')
    const deadline = performance.now() + 10_000
    while (page.url() !== `${first()}/restricted`) {
      if (performance.now() > deadline) throw new Error(`still at ${page.url()}`)
      await fillIn(page, email, goodPassword)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForLoadState()
    }
    await page.getByText(shown).waitFor()
    await profile.close()
  })
})
