import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { fillIn, freshEmail, goodPassword, launchChromium, sitDown, startPages } from './start-pages.ts'

declare const axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
declare const document: { activeElement: { className: string; id: string } | null }

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let stack: Awaited<ReturnType<typeof startPages>>
let chromium: Browser
const people: Awaited<ReturnType<typeof sitDown>>[] = []
const somebody = async (options: BrowserContextOptions = {}) => {
  const person = await sitDown(chromium, { baseURL: stack.url, ...options })
  people.push(person)
  return person
}
beforeAll(async () => {
  ;[stack, chromium] = await Promise.all([startPages({ LIMIT_FREE_SIGN_UPS: '1000/1' }), launchChromium()])
})
afterEach(async () => {
  await stack.redis.set('pass')
  for (const { profile, complaints } of people.splice(0)) {
    await profile.close()
    expect(complaints).toEqual([])
  }
})
afterAll(async () => {
  await chromium?.close()
  await stack?.close()
})

const signUp = async (page: Page, email = freshEmail()) => {
  await page.goto('/sign-up')
  await fillIn(page, email, goodPassword)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/account')
  return email
}

/** Nobody is kept out, and nothing is wider than the screen. */
const expectAccessible = async (page: Page) => {
  // the policy of the page keeps scripts of others out, and this is one
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate(() => axe.run({ resultTypes: ['violations'] }))
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
  // whatever can be pressed is large enough for a finger (WCAG 2.5.5), but for links in a text
  const small =
    await page.evaluate(`[...document.querySelectorAll('button, input:not(.unseen, [type=hidden], [type=checkbox]), select, .button')]
    .map(element => [element.outerHTML, element.getBoundingClientRect().height]).filter(([, height]) => height < 44)`)
  expect(small).toEqual([])
}

describe.each([true, false])('with JavaScript: %s', javaScriptEnabled => {
  test('somebody signs up, signs out, errs about the password, and signs in', async () => {
    const { page } = await somebody({ javaScriptEnabled })
    const email = await signUp(page)
    expect(await page.locator('.lead').textContent()).toContain(email)
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are signed out.').waitFor()
    await page.goto('/account')
    await page.waitForURL('**/sign-in')

    await fillIn(page, email, 'not the password')
    const refused = page.waitForResponse(res => res.request().method() === 'POST')
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect((await refused).status()).toBe(401)
    const alert = page.getByRole('alert')
    await alert.getByText('That email and password do not match').waitFor()
    if (javaScriptEnabled) expect(await page.evaluate(() => document.activeElement?.className)).toBe('summary')
    expect(await page.getByLabel('Email', { exact: true }).inputValue()).toBe(email)
    expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('')
    await fillIn(page, email, goodPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
  })

  test('a form that was left open for longer than a token lives does what it says', async () => {
    const { page, profile } = await somebody({ javaScriptEnabled })
    const email = await signUp(page)
    await stack.server.http.post('/api/signin').send({ email, password: goodPassword })
    await page.reload()
    stack.pass(310_000)
    await page.getByRole('button', { name: 'Sign out all other devices' }).click()
    await page.getByText('All other devices are signed out.').waitFor()
    // as a browser forgets it
    await profile.clearCookies({ name: 'xid_access' })
    await page.goto('/account')
    await page.getByRole('heading', { name: 'Your account' }).waitFor()
    expect(page.url()).toBe(`${stack.url}/account`)
  })
})

describe('a front end that sends somebody to sign in', () => {
  test('gets them back with a code, also when they err on the way', async () => {
    const frontEnd = createServer((_req, res) => res.end('back')).listen(0, '127.0.0.1')
    await once(frontEnd, 'listening')
    const back = `http://localhost:${(frontEnd.address() as AddressInfo).port}/signed-in`
    const own = await startPages({ RETURN_ADDRESSES: back })
    const { page } = await somebody({ baseURL: own.url })
    const email = freshEmail()
    await own.server.http.post('/api/signup').send({ email, password: goodPassword })
    const query = new URLSearchParams({
      response_type: 'code',
      redirect_uri: back,
      state: 'a state & more of it',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    await page.goto(`/api/authorize?${query}`)
    await page.waitForURL('**/sign-in?**')
    for (const password of ['not the password', goodPassword]) {
      await fillIn(page, email, password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      if (password !== goodPassword) await page.getByRole('alert').waitFor()
    }
    await page.waitForURL(`${back}?**`)
    const { searchParams } = new URL(page.url())
    expect([searchParams.get('code')?.length, searchParams.get('state')]).toEqual([43, 'a state & more of it'])
    frontEnd.closeAllConnections()
    frontEnd.close()
    await own.close()
  })
})

describe('the account page', () => {
  test('signs out another device, and this one', async () => {
    const { page } = await somebody()
    const email = await signUp(page)
    const other = await somebody()
    await other.page.goto('/sign-in')
    await fillIn(other.page, email, goodPassword)
    await other.page.getByRole('button', { name: 'Sign in' }).click()
    await other.page.waitForURL('**/account')

    await page.reload()
    await page.getByRole('button', { name: /^Sign out Chrome/ }).click()
    await page.getByText('That device is signed out.').waitFor()
    await other.page.reload()
    await other.page.waitForURL('**/sign-in')
    await page.getByRole('button', { name: 'Sign out this device' }).click()
    await page.getByText('You are signed out.').waitFor()
  })

  test('makes an API token that is shown once, and takes it back', async () => {
    const { page } = await somebody()
    await signUp(page)
    await page.getByLabel('Name').fill('backup')
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByText('shown only this once').waitFor()
    const token = await page.getByRole('textbox').inputValue()
    expect(token).toMatch(/^ap_[A-Za-z0-9_-]{49}$/)
    await page.getByRole('link', { name: 'I have copied it' }).click()
    expect(await page.content()).not.toContain(token)
    await page.getByRole('button', { name: 'Revoke backup' }).click()
    await page.getByText('That token does not work any more.').waitFor()
  })

  test('changes the password', async () => {
    const { page } = await somebody()
    const email = await signUp(page)
    const change = async (current: string) => {
      await page.getByLabel('Current password', { exact: true }).fill(current)
      await page.getByLabel('New password', { exact: true }).fill('another correct horse')
      await page.getByRole('button', { name: 'Change password' }).click()
    }
    await change('not the password')
    await page.getByText('Your password was not changed').waitFor()
    await page.getByRole('link', { name: /This is not your current password/ }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('currentPassword')
    await change(goodPassword)
    await page.getByText('Your password is changed').waitFor()
    expect((await stack.server.http.post('/api/signin').send({ email, password: goodPassword })).status).toBe(401)
  })
})

describe('a password field', () => {
  test('shows what is typed to whoever asks for it, and hides it before it is sent', async () => {
    const { page } = await somebody()
    await page.goto('/sign-in')
    const password = page.getByLabel('Password', { exact: true })
    await password.fill('what I type')
    await page.getByRole('button', { name: 'Show password' }).click()
    expect(await password.getAttribute('type')).toBe('text')
    await page.getByRole('button', { name: 'Hide password' }).click()
    expect(await password.getAttribute('type')).toBe('password')
    expect(await password.inputValue()).toBe('what I type')
  })
})

describe('a challenge', () => {
  let asking: Awaited<ReturnType<typeof startPages>>
  beforeAll(async () => {
    asking = await startPages({ LIMIT_FREE_SIGN_UPS: '1/100000', CHALLENGE_WORK: '50' })
  })
  afterAll(() => asking.close())

  test('is solved by the browser while the password is typed again; without JavaScript the page says what to do', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await somebody({ baseURL: asking.url, javaScriptEnabled })
      const email = freshEmail()
      const send = async () => {
        await fillIn(page, email, goodPassword)
        await page.getByRole('button', { name: 'Create account' }).click()
      }
      await page.goto('/sign-up')
      await send()
      // whoever came first needed none
      if (await page.getByText('Where you are signed in').isVisible()) {
        await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
        await page.goto('/sign-up')
        await fillIn(page, freshEmail(), goodPassword)
        await page.getByRole('button', { name: 'Create account' }).click()
      }
      await page.getByText('One more step').waitFor()
      if (!javaScriptEnabled) {
        await page.locator('noscript p').waitFor()
        continue
      }
      await page.locator('[data-state=verified]').waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await expectAccessible(page)
      }
      await page.getByLabel('Password', { exact: true }).fill(goodPassword)
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.waitForURL('**/account')
    }
  })
})

describe('when a store is away', () => {
  test('the page says so, keeps the email, and works again afterwards', async () => {
    const { page } = await somebody()
    const email = await signUp(page)
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
    await stack.redis.set('refuse')
    await fillIn(page, email, goodPassword)
    const refused = page.waitForResponse(res => res.request().method() === 'POST')
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect((await refused).status()).toBe(503)
    await page.getByText('This does not work at the moment').waitFor()
    expect(await page.getByLabel('Email', { exact: true }).inputValue()).toBe(email)
    await stack.redis.set('pass')
    while ((await fetch(`${stack.url}/health/ready`)).status !== 200) await page.waitForTimeout(50)
    await page.getByLabel('Password', { exact: true }).fill(goodPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
  })
})

describe.each([
  ['light', 360],
  ['light', 1280],
  ['dark', 360],
  ['dark', 1280],
] as const)('in %s, at %i px', (colorScheme, width) => {
  test('axe finds nothing on any page', async () => {
    const { page } = await somebody({ colorScheme, viewport: { width, height: 800 } })
    for (const path of ['/sign-in', '/sign-up', '/account/nothing', '/sign-in?done=signed-out']) {
      await page.goto(path)
      await expectAccessible(page)
    }
    await page.goto('/sign-up')
    await fillIn(page, 'ada', 'password1')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('alert').waitFor()
    await expectAccessible(page)
    const email = await signUp(page)
    await stack.server.http.post('/api/signin').send({ email, password: goodPassword })
    await page.getByLabel('Name').fill('backup')
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByText('shown only this once').waitFor()
    await expectAccessible(page)
    await page.goto('/account?done=others-ended')
    await expectAccessible(page)
  })
})
