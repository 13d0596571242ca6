import type { AccessTokenClaims } from './claims.ts'
import { type AuthenticatedRequest, answer, type Guard, type GuardOptions, turnAway } from './guard.ts'
import { type Refusal, refusals } from './refusals.ts'

type ScopedClaims = Pick<AccessTokenClaims, 'scope'>

// RFC 6749, section 3.3
const scopeName = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Makes the function that tells whether a token's claims carry every one of these scopes (RFC 6750, section 3.1; RFC 9068,
 * section 4): undefined when they do, otherwise the answer to give. Throws when a scope is no name of one.
 */
export const createScopeCheck = (scopes: string | readonly string[]) => {
  const needed = [scopes].flat()
  if (needed.length === 0 || !needed.every(scope => scopeName.test(scope)))
    throw new Error('A scope is one or more printable characters without space, quote and backslash.')
  const refusal = refusals.lacking(needed)
  return ({ scope = '' }: ScopedClaims): Refusal | undefined => {
    const granted = scope.split(' ')
    return needed.every(one => granted.includes(one)) ? undefined : refusal
  }
}

/** Lets a request pass whose access token carries every one of these scopes. It stands behind `requireAccessToken`. */
export const requireScope = (
  scopes: string | readonly string[],
  { onRefusal = answer }: Pick<GuardOptions, 'onRefusal'> = {},
): Guard => {
  const check = createScopeCheck(scopes)
  return (req: AuthenticatedRequest<ScopedClaims>, res, next) => {
    if (!req.auth) return next(new Error('requireScope has to stand behind requireAccessToken.'))
    const refusal = check(req.auth)
    if (refusal) void turnAway(onRefusal, refusal, req, res, next)
    else next()
  }
}
