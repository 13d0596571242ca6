import { type Authentication, authenticate } from './authenticate.ts'
import { bearerToken } from './bearer.ts'
import type { AccessTokenClaims } from './claims.ts'
import { type AuthenticatedRequest, answer, type Guard, type GuardOptions, turnAway } from './guard.ts'
import type { Verifier } from './verification.ts'

/**
 * Lets a request pass that carries a good access token, whose claims are then `req.auth`, and answers any other. When the verifier
 * itself fails, which the ones of this package do not, `next` is told.
 */
export const requireAccessToken = <Claims = AccessTokenClaims>(
  verifier: Verifier<Claims>,
  { read = bearerToken, onRefusal = answer }: GuardOptions = {},
): Guard => {
  return (req: AuthenticatedRequest<Claims>, res, next) => {
    const decide = (authentication: Authentication<Claims>) => {
      if (!authentication.ok) return void turnAway(onRefusal, authentication, req, res, next)
      req.auth = authentication.claims
      next()
    }
    const authentication = authenticate(verifier, req, read)
    if (authentication instanceof Promise) authentication.then(decide, next)
    else decide(authentication)
  }
}
