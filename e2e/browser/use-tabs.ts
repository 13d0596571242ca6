import type { AuthClient, Change } from '@auth-pair/client/browser'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { freshEmail, goodPassword, type Stack, startStack } from './start-stack.ts'

/** What the page of a front end has; functions that are evaluated there may use it. */
declare const client: AuthClient
declare const told: Change[]

/** A stack and a Chromium for a file of tests. A test gets profiles of its own: cookie jars that no other has. */
export const useTabs = () => {
  let stack: Stack
  let chromium: Browser
  const profiles: BrowserContext[] = []
  beforeAll(async () => {
    ;[stack, chromium] = await Promise.all([startStack(), launchChromium()])
  })
  afterEach(async () => {
    for (const profile of profiles.splice(0)) await profile.close()
    stack.proxy.disarm()
    stack.proxy.redirect(stack.auth.url)
    await stack.proxy.set('pass')
  })
  afterAll(async () => {
    await chromium?.close()
    await stack?.close()
  })

  /** A browser of somebody, its clock so many milliseconds fast. It can be put forward, and script can run before each page. */
  const newProfile = async ({ before = '', clockMs = 0 } = {}) => {
    const profile = await chromium.newContext()
    profiles.push(profile)
    await profile.clock.install({ time: Date.now() + clockMs })
    if (before) await profile.addInitScript(before)
    const open = async (origin: string): Promise<Tab> => {
      const page = await profile.newPage()
      await page.goto(origin)
      return tabOf(page, stack)
    }
    return { profile, open, fastForward: (ms: number) => profile.clock.fastForward(ms) }
  }

  return { stack: () => stack, newProfile }
}

/** What a call to the protected route came to: its answer, or the code of the error. */
export type Outcome = { status: number; userId?: string; code?: string } | { error: string }

export type Tab = ReturnType<typeof tabOf>

const tabOf = (page: Page, { serviceUrl }: Stack) => {
  const attempt = async (path: string): Promise<Outcome> =>
    page.evaluate(async url => {
      try {
        const response = await client.fetch(url)
        const { user, code } = (await response.json()) as { user?: { id: string }; code?: string }
        return { status: response.status, ...(user && { userId: user.id }), ...(code && { code }) }
      } catch (error) {
        return { error: (error as { code?: string }).code ?? String(error) }
      }
    }, path)

  return {
    page,
    /** Signs up somebody new. Gives the user's id. */
    signUp: async (email = freshEmail()): Promise<string> =>
      page.evaluate(async credentials => (await client.signUp(credentials)).id, { email, password: goodPassword }),
    signIn: async (email: string): Promise<string> =>
      page.evaluate(async credentials => (await client.signIn(credentials)).id, { email, password: goodPassword }),
    /** 'done', or the code of the error. */
    signOut: (): Promise<string> =>
      page.evaluate(() =>
        client.signOut().then(
          () => 'done',
          (error: { code: string }) => error.code,
        ),
      ),
    accessToken: (): Promise<string> =>
      page.evaluate(() => client.accessToken().catch((error: { code: string }) => error.code)),
    call: (path = `${serviceUrl}/api/restricted`) => attempt(path),
    /** So many calls at once; their different outcomes. */
    calls: (count: number): Promise<string[]> =>
      page.evaluate(
        async ([url, times]) => {
          const all = await Promise.allSettled(Array.from({ length: times }, () => client.fetch(url)))
          return [
            ...new Set(all.map(one => (one.status === 'fulfilled' ? String(one.value.status) : String(one.reason)))),
          ]
        },
        [`${serviceUrl}/api/restricted`, count] as const,
      ),
    told: (): Promise<Change[]> => page.evaluate(() => told),
    /** Resolves when the page has been told so often. */
    toldTimes: async (count: number): Promise<Change[]> => {
      await page.waitForFunction(times => told.length >= times, count)
      return page.evaluate(() => told)
    },
    reload: () => page.reload(),
  }
}

/** What an access token says of its user and session. */
export const claimsOf = (accessToken: string): { sub: string; sid: string } =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
