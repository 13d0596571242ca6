import type { Answer, Ask } from './ask.ts'
import { note, ok, quote, type Verdict, wrong } from './finding.ts'
import { aliveUrl, type Target } from './targets.ts'

/** Whether what answers is such a server at all. When it is not, there is no point in asking it anything else. */
export const checkReachable = async (target: Target, ask: Ask): Promise<{ verdict: Verdict; usable: boolean }> => {
  const url = aliveUrl(target)
  const answer = await ask({ url })
  const moved = redirect(answer)
  if (moved !== undefined)
    return {
      usable: false,
      verdict: wrong(`${url.pathname} leads to ${quote(moved)}. That is not followed: give that URL.`),
    }
  const took = `after ${answer.receivedAt - answer.sentAt} ms`
  if (target.onlyRoute) {
    if (answer.status === 404)
      return { usable: false, verdict: wrong(`There is nothing at ${url.pathname} (404). Is the path right?`) }
    return { usable: true, verdict: ok(`It answers ${took}.`) }
  }
  if (answer.status === 200 && answer.json?.status === 'ok')
    return { usable: true, verdict: ok(`It is alive, and answers ${took}.`) }
  const what = target.kind === 'auth' ? 'an auth-server' : 'a service of this pair'
  const advice =
    target.kind === 'auth'
      ? 'Is it the right URL?'
      : 'For a service of your own, give the whole URL of a protected route.'
  const how = answer.status === 200 ? 'something else than JSON that says so' : String(answer.status)
  return {
    usable: false,
    verdict: wrong(`Something answers, but it is not ${what}: ${url.pathname} gives ${how}. ${advice}`),
  }
}

/** Where a redirect leads. */
export const redirect = ({ status, header }: Answer): string | undefined =>
  status >= 300 && status < 400 ? (header('Location') ?? '') : undefined

/** What travels in the open. */
export const checkScheme = ({ origin }: Target): Verdict[] => {
  const { protocol, hostname } = new URL(origin)
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  if (protocol === 'https:' || here) return []
  return [
    note('Plain http: passwords and tokens travel in the open. Outside of a network of your own, put https in front.'),
  ]
}
