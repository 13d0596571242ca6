import { bearerChallenge, Problem } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import { bearerToken } from '../bearer.ts'

/**
 * The guard of what is only for verifying services. `check` gives the name of the service whose token it is, or undefined;
 * behind the guard the name is `res.locals.service`.
 */
export const requireVerifier = (check: (token: string) => string | undefined): RequestHandler => {
  return (req, res, next) => {
    const presented = bearerToken(req)
    if (presented.kind === 'none') throw new Problem('verifier-token-required')
    const service = presented.kind === 'token' ? check(presented.token) : undefined
    if (service === undefined) {
      throw new Problem('verifier-token-required', {
        headers: { 'WWW-Authenticate': `${bearerChallenge}, error="invalid_token"` },
      })
    }
    res.locals.service = service
    next()
  }
}
