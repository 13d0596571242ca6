import type { Ask } from './ask.ts'
import { note, ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

/** What the protected route says to those who have no access token, or none that is one (RFC 6750, section 3). */
export const checkGuard = async ({ guarded }: Target, ask: Ask): Promise<Verdict> => {
  const without = await ask({ url: guarded })
  const { pathname } = guarded
  if (without.status < 300)
    return wrong(
      `${pathname} answers ${without.status} to anybody, without a token. It is not protected: put requireAccessToken in front.`,
    )
  if (without.status !== 401)
    return wrong(`${pathname} answers ${without.status} instead of 401 when there is no token.`)
  if (!isBearer(without.header('WWW-Authenticate')))
    return wrong(
      `${pathname} answers 401 without "WWW-Authenticate: Bearer". Something between takes it out, and clients cannot tell what is wanted.`,
    )
  const bad = await ask({ url: guarded, headers: { Authorization: 'Bearer doctor.has.none' } })
  if (bad.status !== 401) return wrong(`${pathname} answers ${bad.status} instead of 401 when the token is none.`)
  const challenge = bad.header('WWW-Authenticate')
  if (!isBearer(challenge) || !/error="?invalid_token/.test(challenge ?? ''))
    return note(
      `A bad token is answered like none (WWW-Authenticate is ${quote(challenge)}). If good tokens are refused too, the Authorization header does not arrive.`,
    )
  return ok(`${pathname} is refused without a token and with a bad one, and says why.`)
}

const isBearer = (challenge: string | undefined): boolean => /^bearer\b/i.test(challenge ?? '')
