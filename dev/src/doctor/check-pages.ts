import type { Ask } from './ask.ts'
import { ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

/** Whether people get the page to sign in on, under its policy, and what it loads. */
export const checkPages = async ({ origin }: Target, ask: Ask): Promise<Verdict> => {
  const { status, header, text } = await ask({ url: new URL('/sign-in', origin), headers: { Accept: 'text/html' } })
  const type = header('Content-Type') ?? ''
  if (status !== 200 || !type.startsWith('text/html'))
    return wrong(
      `/sign-in answers ${status} ${quote(type)} instead of a page. Something between answers in its place, or hides the route: people cannot sign in by browser.`,
    )
  if (!header('Content-Security-Policy')?.includes("default-src 'none'"))
    return wrong('/sign-in comes without its Content-Security-Policy: something between takes it out or sets another.')
  const style = /<link rel="stylesheet" href="(\/assets\/[^"]+)"/.exec(text)?.[1]
  const loaded = style === undefined ? undefined : await ask({ url: new URL(style, origin) })
  if (loaded?.status !== 200 || !loaded.header('Content-Type')?.startsWith('text/css'))
    return wrong('The style sheet of /sign-in does not load: something between hides /assets, or changes the page.')
  return ok('The page to sign in on comes as it is, with what it loads.')
}
