import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium']

/** Where Chromium is: what CHROMIUM names, or the usual places. Throws what to install when there is none. */
export const findChromium = (env: NodeJS.ProcessEnv): string => {
  const found = (env.CHROMIUM ? [env.CHROMIUM] : places).find(path => existsSync(path))
  if (found) return found
  throw new Error(
    env.CHROMIUM
      ? `CHROMIUM names ${env.CHROMIUM}, and there is no such file.`
      : 'These tests need Chromium: apt-get install --no-install-recommends chromium, or set CHROMIUM to the path of one.',
  )
}

/** A Chromium of our own: without a window, with an empty profile that goes when it is closed, and silent towards its maker. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(process.env),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
