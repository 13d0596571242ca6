import type { Browser, Page } from 'playwright-core'
import { freshEmail, goodPassword, launchChromium, sitDown, startPages } from './start-pages.ts'

let stack: Awaited<ReturnType<typeof startPages>>
let chromium: Browser
beforeAll(async () => {
  ;[stack, chromium] = await Promise.all([startPages({ GRAPHQL: 'development' }), launchChromium()])
})
afterAll(async () => {
  await chromium?.close()
  await stack?.close()
})

/** What is asked in the editor, and what the page shows then. */
const askIn = (page: Page) => {
  const write = async (editor: string, text: string) => {
    await page.locator(`${editor} .monaco-editor:visible`).first().click()
    // one press for all of it would put the first bracket around what is selected
    for (const key of ['Control+A', 'Delete']) await page.keyboard.press(key)
    await page.keyboard.type(text)
  }
  return {
    query: (text: string) => write('.graphiql-query-editor', text),
    headers: async (text: string) => {
      await page.getByRole('button', { name: 'Headers', exact: true }).click()
      await write('.graphiql-editor-tool', text)
    },
    execute: async () => {
      // the page asks for the schema by itself
      const answered = page.waitForResponse(res => res.request().postData()?.includes('__schema') === false)
      await page.getByRole('button', { name: 'Execute query' }).click()
      return (await answered).json()
    },
    /** Resolves when the answer has this in it, and somebody can see it. */
    shows: (text: string) => page.locator('.graphiql-response .view-line').getByText(text).first().waitFor(),
  }
}

describe.each([1280, 360])('GraphiQL, %i px wide', width => {
  const openPage = async () => {
    const person = await sitDown(chromium, { viewport: { width, height: 800 } })
    const hosts = new Set<string>()
    person.profile.on('request', request => hosts.add(new URL(request.url()).origin))
    const worker = person.page.waitForEvent('worker')
    await person.page.goto(`${stack.url}/graphql`)
    // its editor is at work: what it works with comes out of the page
    await worker
    const close = async () => {
      expect(person.complaints).toEqual([])
      expect([...hosts]).toEqual([stack.url])
      await person.profile.close()
    }
    return { ...person, ...askIn(person.page), close }
  }

  test('asks what it begins with, and shows the answer and the schema', async () => {
    const { page, execute, shows, close } = await openPage()
    const { data, errors } = await execute()
    // at the second width that account is there already
    expect(data?.signUp.refreshToken ?? errors[0].extensions.code).toMatch(/^([\w-]{96}|email-taken)$/)
    await shows('"signUp"')
    const { width: room = 0 } = (await page.locator('.graphiql-response').boundingBox()) ?? {}
    expect(room).toBeGreaterThan(250)
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)

    const documentation = page.locator('.graphiql-plugin')
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await documentation.getByText('MutationResponse', { exact: true }).waitFor()
    await documentation.getByText('Mutation', { exact: true }).click()
    await documentation.getByText('refreshTokens', { exact: true }).waitFor()
    await documentation.getByText('The next tokens of the session whose refresh token is the Bearer token.').waitFor()
    await close()
  })

  test('takes a password and a token, and leaves neither in the browser', async () => {
    const { profile, page, query, headers, execute, shows, close } = await openPage()
    const email = freshEmail()
    await query(`mutation{signUp(email:"${email}",password:"${goodPassword}"){accessToken}}`)
    const { data } = await execute()
    await shows('"accessToken"')
    await headers(`{"authorization":"Bearer ${data.signUp.accessToken}"}`)
    await query('{me{email confirmed}}')
    expect(await execute()).toEqual({ data: { me: { email, confirmed: false } } })
    await shows('"confirmed"')

    expect(page.url()).toBe(`${stack.url}/graphql`)
    const kept = '[localStorage.length, sessionStorage.length, document.cookie]'
    expect(await page.evaluate(kept)).toEqual([0, 0, ''])
    expect(await profile.cookies()).toEqual([])
    await close()
  })
})
