import type { IncomingMessage } from 'node:http'
import { bearerToken, type PresentedToken } from './bearer.ts'
import type { AccessTokenClaims } from './claims.ts'
import { type Refusal, refusals } from './refusals.ts'
import type { RefusalCode, Verification, Verifier } from './verification.ts'

/** Who sends a request, or the answer to give instead. */
export type Authentication<Claims = AccessTokenClaims> = { readonly ok: true; readonly claims: Claims } | Refusal

/** Where a request carries its token. */
export type ReadToken = (req: IncomingMessage) => PresentedToken

/**
 * Finds out who sends a request of `node:http`, and so of any framework on top of it. Expected outcomes are values: a refusal
 * holds status, headers and body of the answer (RFC 6750, section 3; RFC 9457).
 */
export const authenticate = <Claims = AccessTokenClaims>(
  verifier: Verifier<Claims>,
  req: IncomingMessage,
  read: ReadToken = bearerToken,
): Authentication<Claims> | Promise<Authentication<Claims>> => {
  const presented = read(req)
  if (presented.kind !== 'token') return refusals[presented.kind]
  const verification = verifier.verify(presented.token)
  return verification instanceof Promise ? verification.then(judge) : judge(verification)
}

const judge = <Claims>(verification: Verification<Claims>): Authentication<Claims> => {
  if (verification.ok) return verification
  return isUndecided(verification.code) ? refusals.undecided(verification.code) : refusals.invalid(verification.code)
}

/** SECURITY: nothing was decided about the token, so the client is not told to throw it away. */
const isUndecided = (code: RefusalCode): boolean =>
  code === 'revocations-unknown' || code === 'keys-unavailable' || code === 'introspection-unavailable'
