import type { Page } from 'playwright-core'
import { freshEmail, goodPassword } from './start-stack.ts'
import { useTabs } from './use-tabs.ts'

const { stack, newProfile } = useTabs()

const says = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor()

describe('the page of the guide', () => {
  test('signs in, calls the service, and follows what other tabs do', async () => {
    const { open, profile } = await newProfile()
    const email = freshEmail()
    const first = await open(stack().one)
    await first.signUp(email)
    await first.signOut()

    const [one, other] = [await profile.newPage(), await profile.newPage()]
    for (const page of [one, other]) {
      await page.goto(`${stack().one}/guide.html`)
      await says(page, 'signed-out')
    }
    await one.locator('[name=email]').fill(email)
    await one.locator('[name=password]').fill('not the password')
    await one.getByRole('button', { name: 'Sign in' }).click()
    await says(one, 'invalid-credentials')
    await one.locator('[name=password]').fill(goodPassword)
    await one.getByRole('button', { name: 'Sign in' }).click()
    for (const page of [one, other]) await says(page, 'This is only for signed-in users.')
    await other.reload()
    await says(other, 'This is only for signed-in users.')
    await other.getByRole('button', { name: 'Sign out' }).click()
    for (const page of [one, other]) await says(page, 'signed-out')
  })
})
