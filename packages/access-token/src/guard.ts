import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ReadToken } from './authenticate.ts'
import type { AccessTokenClaims } from './claims.ts'
import type { Refusal } from './refusals.ts'

declare global {
  namespace Express {
    interface Request {
      /** The claims of the access token, behind `requireAccessToken`. */
      auth?: AccessTokenClaims
    }
  }
}

/** A request behind a guard, of Express, Connect or anything else of their kind. */
export interface AuthenticatedRequest<Claims = AccessTokenClaims> extends IncomingMessage {
  auth?: Claims
}

type Next = (error?: unknown) => void

/** A guard for Express 4 and 5, Connect, and whatever else takes `(req, res, next)`. */
export type Guard = (req: IncomingMessage, res: ServerResponse, next: Next) => void

/** Answers a request that is not let in, or hands an error to `next`. It may take its time. */
export type OnRefusal = (refusal: Refusal, req: IncomingMessage, res: ServerResponse, next: Next) => unknown

export interface GuardOptions {
  /** Where the token is looked for; in the `Authorization` header unless said otherwise. */
  readonly read?: ReadToken | undefined
  /** Answers in place of the guard. */
  readonly onRefusal?: OnRefusal | undefined
}

export const answer: OnRefusal = (refusal, _req, res) => {
  res.writeHead(refusal.status, refusal.headers).end(refusal.body)
}

/** Turns a request away. What goes wrong on the way is the business of `next`, also where nobody looks at promises (Express 4). */
export const turnAway = async (
  onRefusal: OnRefusal,
  refusal: Refusal,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
): Promise<void> => {
  try {
    await onRefusal(refusal, req, res, next)
  } catch (error) {
    next(error)
  }
}
