import { randomUUID } from 'node:crypto'
import type { Answer, Ask } from './ask.ts'
import { note, ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

const allowed = 'Access-Control-Allow-Origin'
const withCredentials = 'Access-Control-Allow-Credentials'

/** A front end that has to be let in: the preflight, the answer, and at the auth-server a write. */
export const checkOrigin = async (target: Target, origin: string, ask: Ask): Promise<Verdict> => {
  if (origin === target.origin) return note(`${origin} is this server itself: its own pages need no CORS.`)
  const missing = `Add ${origin} to CORS_ORIGINS of this server`
  const { url, method } = preflighted(target)
  const preflight = await ask({ url, method: 'OPTIONS', headers: preflightHeaders(origin, method) })
  const answer = await ask({ url: target.guarded, headers: { Origin: origin } })
  if (isFor(preflight, origin) !== isFor(answer, origin)) {
    const [yes, no] = isFor(answer, origin) ? ['the answer', 'the preflight'] : ['the preflight', 'the answer']
    return wrong(`${yes} lets ${origin} in, and ${no} does not: something between answers one of them itself.`)
  }
  if (!isFor(answer, origin)) {
    const is = answer.header(allowed)
    return wrong(
      `${origin} is not let in (${is === undefined ? `no ${allowed}` : `${allowed} is ${quote(is)}`}). ${missing}, or let its value through.`,
    )
  }
  // a service is asked with a header, the auth-server with cookies
  if (target.kind === 'auth' && ![preflight, answer].every(each => each.header(withCredentials) === 'true'))
    return wrong(
      `${origin} is let in without credentials: browsers send no cookies. ${withCredentials}: true is taken out between.`,
    )
  const names = (preflight.header('Access-Control-Allow-Headers') ?? '').toLowerCase()
  const methods = preflight.header('Access-Control-Allow-Methods') ?? ''
  const wanted = target.kind === 'auth' ? 'content-type' : 'authorization'
  if (!names.includes(wanted) || !methods.includes(method))
    return wrong(
      `The preflight of ${origin} allows not both ${method} and the header ${wanted}: browsers will not send the request.`,
    )
  if (target.kind === 'auth' && (await write(target, origin, ask)).status === 403)
    return wrong(
      `${origin} may read, but its writes are refused as foreign (403). ${missing}, and to that of every auth-server.`,
    )
  return ok(`${origin} is let in.`)
}

/** What a front end that nobody knows gets: nothing. One has a name that was made up just now, the other is that of a sandboxed page. */
export const checkStrangers = async (target: Target, ask: Ask): Promise<Verdict> => {
  for (const origin of [`https://${randomUUID()}.example`, 'null']) {
    const { url, method } = preflighted(target)
    const answers = [
      await ask({ url, method: 'OPTIONS', headers: preflightHeaders(origin, method) }),
      await ask({ url: target.guarded, headers: { Origin: origin } }),
    ]
    const granted = answers.map(answer => answer.header(allowed)).find(value => value !== undefined)
    if (
      granted === '*' &&
      target.kind === 'service' &&
      answers.every(answer => answer.header(withCredentials) === undefined)
    )
      return note(
        'Any web site may read this service (Access-Control-Allow-Origin: *). It still needs a token; CORS_ORIGINS names those that should.',
      )
    if (granted !== undefined)
      return wrong(
        `A web site that nobody knows is let in (${allowed} is ${quote(granted)}). Something between adds it: CORS is the matter of the servers alone.`,
      )
    if (target.kind === 'auth' && (await write(target, origin, ask)).status !== 403)
      return wrong(
        'Writes of a web site that nobody knows are not refused (403 cross-site-request). Something between takes the Origin header out.',
      )
  }
  return ok('Web sites that nobody knows get nothing.')
}

const preflighted = ({ kind, origin, guarded }: Target): { url: URL; method: 'GET' | 'POST' } =>
  kind === 'auth' ? { url: new URL('/api/refresh', origin), method: 'POST' } : { url: guarded, method: 'GET' }

const preflightHeaders = (origin: string, method: string) => ({
  Origin: origin,
  'Access-Control-Request-Method': method,
  'Access-Control-Request-Headers': 'authorization,content-type',
})

/** A write that does nothing: there is no session to sign out of. */
const write = ({ origin: server }: Target, origin: string, ask: Ask): Promise<Answer> =>
  ask({ url: new URL('/api/signout', server), method: 'POST', headers: { Origin: origin } })

const isFor = (answer: Answer, origin: string): boolean => answer.header(allowed) === origin
