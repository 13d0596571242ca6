/**
 * `npm run screenshots`: writes docs/images/ anew, a picture of each page of the auth-server, and of the app that stands for all, as people see it. ImageMagick makes them a
 * third as large, where it is installed.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@auth-pair/dev/free-port'
import type { Page } from 'playwright-core'
import startStores from '../../dev/src/jest-setup.ts'
import stopStores from '../../dev/src/jest-teardown.ts'
import { startApp } from './start-app.ts'
import { fillIn, goodPassword, launchChromium, sitDown, startPages } from './start-pages.ts'

const folder = join(import.meta.dirname, '..', '..', 'docs', 'images')
const views = [
  { name: 'phone', width: 360, colorScheme: 'light' },
  { name: 'desktop', width: 1280, colorScheme: 'light' },
  { name: 'dark', width: 1280, colorScheme: 'dark' },
] as const
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const macos =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

mkdirSync(folder, { recursive: true })
await startStores()
const chromium = await launchChromium()
const appPort = await freePort()
const stack = await startPages({
  LIMIT_FREE_SIGN_UPS: '5/100000',
  RETURN_ADDRESSES: `http://localhost:${appPort}/signed-in`,
  GRAPHQL: 'development',
})
const app = await startApp(appPort, stack.url)

const signUp = async (page: Page, email: string) => {
  await page.goto('/sign-up')
  await fillIn(page, email, goodPassword)
  await page.getByRole('button', { name: 'Create account' }).click()
}

// before the time of the auth-server moves on: the app's does not
for (const { name, width } of views.filter(({ colorScheme }) => colorScheme === 'light')) {
  const { page } = await sitDown(chromium, { viewport: { width, height: 640 } })
  const picture = (of: string) => page.screenshot({ path: join(folder, `app-${of}-${name}.png`), fullPage: true })
  await page.goto(`${app.url}/`)
  await picture('home')
  await page.goto(`${app.url}/signed-in?state=x&code=y`)
  await picture('problem')
  await page.goto(`${app.url}/restricted`)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await fillIn(page, `ada.${name}@example.com`, goodPassword)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL(`${app.url}/restricted`)
  await picture('restricted')
}

const { page: graphiql } = await sitDown(chromium, { viewport: { width: 1280, height: 640 } })
const query = `mutation {
  signIn(
    email: "ada.desktop@example.com"
    password: "${goodPassword}"
  ) {
    user { id email confirmed createdAt }
    tokenType
    expiresIn
  }
}
`
await graphiql.goto(`${stack.url}/graphql?query=${encodeURIComponent(query)}`)
await graphiql.getByRole('button', { name: 'Show Documentation Explorer' }).click()
await graphiql.locator('.graphiql-plugin').getByText('Mutation', { exact: true }).click()
await graphiql.getByRole('button', { name: 'Execute query' }).click()
await graphiql.locator('.graphiql-response .view-line').getByText('"Bearer"').waitFor()
await graphiql.screenshot({ path: join(folder, 'graphiql-desktop.png') })

for (const { name, width, colorScheme } of views) {
  const options = { baseURL: stack.url, colorScheme, viewport: { width, height: 640 }, userAgent: macos }
  const { page } = await sitDown(chromium, options)
  const picture = (of: string) => page.screenshot({ path: join(folder, `${of}-${name}.png`), fullPage: true })
  const everything = colorScheme === 'light'
  const email = `ada.${name}.${Date.now().toString(36)}@example.com`

  await page.goto('/sign-in')
  await picture('sign-in')
  if (everything) {
    await page.goto('/sign-up')
    await picture('sign-up')
    await page.goto('/sign-in')
    await fillIn(page, 'ada@example.com', 'not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    await picture('sign-in-refused')
    await page.goto('/account/nothing')
    await picture('no-such-page')
  }
  await signUp(page, email)
  await page.waitForURL('**/account')
  const elsewhere = { email, password: goodPassword }
  await stack.server.http.post('/api/signin').set('User-Agent', firefox).send(elsewhere)
  await stack.server.http.post('/api/signin').send({ ...elsewhere, password: 'a wrong one' })
  await page.getByLabel('Name').fill('backup script')
  await page.getByRole('button', { name: 'Create token' }).click()
  await page.getByText('shown only this once').waitFor()
  if (everything) await picture('token-made')
  stack.pass(45 * 60_000)
  await page.goto('/account')
  await picture('account')
}

const asking = await sitDown(chromium, { baseURL: stack.url, viewport: { width: 360, height: 640 } })
await signUp(asking.page, 'grace@example.com')
await asking.page.locator('[data-state=verified]').waitFor()
await asking.page.waitForTimeout(1000)
await asking.page.screenshot({ path: join(folder, 'challenge-phone.png'), fullPage: true })
await stack.redis.set('refuse')
await asking.page.goto('/sign-in')
await fillIn(asking.page, 'grace@example.com', goodPassword)
await asking.page.getByRole('button', { name: 'Sign in' }).click()
await asking.page.getByRole('alert').waitFor()
await asking.page.screenshot({ path: join(folder, 'unavailable-phone.png'), fullPage: true })

for (const name of readdirSync(folder)) {
  const file = join(folder, name)
  const smaller = ['-dither', 'None', '-colors', '96', '-define', 'png:compression-level=9']
  spawnSync('convert', [file, ...smaller, `png8:${file}`])
}

await chromium.close()
await app.stop()
await stack.close()
await stopStores()
process.exit(0)
