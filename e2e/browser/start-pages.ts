/** What people meet at the auth-server's own pages: the server, its Redis behind a proxy that breaks things, and a Chromium. */
import { freePort } from '@auth-pair/dev/free-port'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { freshEmail, goodPassword, startAuthServer } from '../../auth-server/src/testing/index.ts'
import { faultProxyOf } from '../src/fault-proxy.ts'
import { launchChromium } from './chromium.ts'

export { freshEmail, goodPassword }

export const startPages = async (settings: Record<string, string> = {}) => {
  const { TEST_REDIS_URL } = process.env
  if (!TEST_REDIS_URL)
    throw new Error('These tests need a Redis that can be taken away: redis-server, or TEST_REDIS_URL.')
  const redis = await faultProxyOf(TEST_REDIS_URL)
  const port = await freePort()
  const url = `http://localhost:${port}`
  let ahead = 0
  const now = () => Date.now() + ahead
  const own = { PUBLIC_URL: url, CHALLENGE_WORK: '200', REDIS_URL: redis.through(TEST_REDIS_URL) }
  const server = await startAuthServer({ ...own, ...settings }, { now, sessionNow: now }, port)
  while ((await fetch(`${url}/health/ready`)).status !== 200) await new Promise(resolve => setTimeout(resolve, 20))
  return {
    url,
    server,
    redis,
    /** Moves the server's time on. */
    pass: (ms: number) => {
      ahead += ms
    },
    close: async () => {
      await redis.set('pass')
      await server.close()
      await redis.close()
    },
  }
}

/** Somebody at a browser of their own. What the pages may not do is remembered: errors of scripts, and what the policy refused. */
export const sitDown = async (chromium: Browser, options: BrowserContextOptions = {}) => {
  const profile = await chromium.newContext(options)
  const page = await profile.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    const ours = /Content Security Policy|violates|Refused to/i.test(message.text())
    if (ours) complaints.push(message.text())
  })
  return { profile, page, complaints }
}

export const fillIn = async (page: Page, email: string, password: string) => {
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
}

export { launchChromium }
