import type { Ask } from './ask.ts'
import { ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

/** Whether refusals arrive as the server wrote them (RFC 9457): clients switch on `code`. */
export const checkProblems = async ({ origin }: Target, ask: Ask): Promise<Verdict> => {
  const { status, header, json } = await ask({ url: new URL('/api/there-is-no-such-route', origin) })
  const type = header('Content-Type') ?? ''
  if (status !== 404)
    return wrong(
      `An address that does not exist is answered ${status} instead of 404. Something else answers in its place.`,
    )
  if (!type.startsWith('application/problem+json') || !json)
    return wrong(
      `A refusal comes as ${quote(type)} instead of application/problem+json: something between puts its own page in its place. Clients cannot read that.`,
    )
  const complete =
    json.code === 'not-found' && ['type', 'title', 'requestId'].every(name => typeof json[name] === 'string')
  if (!complete || json.status !== status)
    return wrong('A refusal has not the members that docs/problems.md promises (type, title, status, code, requestId).')
  return ok('Refusals are problems as promised.')
}
