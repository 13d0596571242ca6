import type { IncomingMessage } from 'node:http'
import { bearerChallenge, Problem } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import { bearerToken, type PresentedToken } from './bearer.ts'
import type { AccessTokenClaims } from './claims.ts'
import type { Verifier } from './verify.ts'

declare global {
  namespace Express {
    interface Request {
      /** The claims of the access token, behind `requireAccessToken`. */
      auth?: AccessTokenClaims
    }
  }
}

/**
 * The guard of a protected route. A 401 speaks RFC 6750, section 3: without a token a bare challenge, with a bad one
 * `error="invalid_token"`. `read` tells where the token is looked for; the header alone, unless said otherwise.
 */
export const requireAccessToken = (
  verifier: Verifier,
  read: (req: IncomingMessage) => PresentedToken = bearerToken,
): RequestHandler => {
  return (req, _res, next) => {
    const presented = read(req)
    if (presented.kind !== 'token') throw refuse(presented.kind)
    const verification = verifier.verify(presented.token)
    if (!verification.ok) {
      // SECURITY: nothing was decided about the token, so the client is not told to throw it away
      if (verification.code === 'revocations-unknown')
        throw new Problem('unavailable', { cause: new Error(verification.code) })
      throw new Problem('access-token-invalid', {
        cause: new Error(verification.code),
        headers: { 'WWW-Authenticate': `${bearerChallenge}, error="invalid_token"` },
      })
    }
    req.auth = verification.claims
    next()
  }
}

const refuse = (kind: 'none' | 'several' | 'malformed'): Problem => {
  if (kind === 'none') return new Problem('access-token-required')
  const headers = { 'WWW-Authenticate': `${bearerChallenge}, error="invalid_request"` }
  return kind === 'several'
    ? new Problem('ambiguous-credentials', { headers })
    : new Problem('malformed-request', { headers, detail: 'Send Authorization: Bearer, one space, the access token.' })
}
