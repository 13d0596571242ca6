import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Authentication, authenticate, type ReadToken } from './authenticate.ts'
import { bearerToken } from './bearer.ts'
import type { AccessTokenClaims } from './claims.ts'
import { type Refusal, refusals } from './refusals.ts'
import type { Verifier } from './verification.ts'

declare global {
  namespace Express {
    interface Request {
      /** The claims of the access token, behind `requireAccessToken`. */
      auth?: AccessTokenClaims
    }
  }
}

/** A request of Express, Connect or anything else of their kind. */
export interface AuthenticatedRequest<Claims = AccessTokenClaims> extends IncomingMessage {
  auth?: Claims
}

/** A guard for Express 4 and 5, Connect, and whatever else takes `(req, res, next)`. */
export type Guard<Claims = AccessTokenClaims> = (
  req: AuthenticatedRequest<Claims>,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

export interface GuardOptions {
  /** Where the token is looked for; in the `Authorization` header unless said otherwise. */
  readonly read?: ReadToken
  /** Answers in place of the guard. */
  readonly onRefusal?: OnRefusal
}

type OnRefusal = (refusal: Refusal, req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/** Lets a request pass that carries a good access token, whose claims are then `req.auth`, and answers any other. */
export const requireAccessToken = <Claims = AccessTokenClaims>(
  verifier: Verifier<Claims>,
  { read = bearerToken, onRefusal = answer }: GuardOptions = {},
): Guard<Claims> => {
  return (req, res, next) => {
    const decide = (authentication: Authentication<Claims>) => {
      if (!authentication.ok) return onRefusal(authentication, req, res, next)
      req.auth = authentication.claims
      next()
    }
    const authentication = authenticate(verifier, req, read)
    if (authentication instanceof Promise) authentication.then(decide).catch(next)
    else decide(authentication)
  }
}

/**
 * Lets a request pass whose access token carries every one of these scopes (RFC 6750, section 3.1; RFC 9068, section 4). It stands
 * behind `requireAccessToken`.
 */
export const requireScope = (
  scopes: string | readonly string[],
  { onRefusal = answer }: Pick<GuardOptions, 'onRefusal'> = {},
): Guard<{ readonly scope?: string }> => {
  const needed = [scopes].flat()
  // RFC 6749, section 3.3
  if (needed.length === 0 || !needed.every(scope => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    throw new Error('A scope is one or more printable characters without space, quote and backslash.')
  return (req, res, next) => {
    if (!req.auth) return next(new Error('requireScope has to stand behind requireAccessToken.'))
    const granted = req.auth.scope?.split(' ') ?? []
    if (needed.every(scope => granted.includes(scope))) return next()
    onRefusal(refusals.lacking(needed), req, res, next)
  }
}

const answer: OnRefusal = (refusal, _req, res) => {
  res.writeHead(refusal.status, refusal.headers).end(refusal.body)
}
