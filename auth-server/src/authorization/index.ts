/**
 * Signing in at one place for several front ends: a strict subset of OAuth's authorization code flow with PKCE (RFC 6749, section
 * 4.1; RFC 7636; RFC 9700). A browser that has a session gets a code for a listed address; the server behind that address redeems it
 * for a session of its own, which is of the same family. It knows codes and addresses; of sessions and cookies it is handed functions.
 */
import type { Log, Route } from '@auth-pair/service'
import type { Request, RequestHandler, Response } from 'express'
import type { From } from '../circumstances.ts'
import type { RedisClient } from '../redis.ts'
import { authorizeRoute } from './authorize.ts'
import { createCodes } from './codes.ts'
import { tokenRoute } from './redeem-code.ts'

/** A session that lives. */
export interface Session {
  readonly userId: string
  readonly sessionId: string
  readonly refreshToken: string
  readonly transport: 'cookie' | 'body' | 'fixed'
  /** Whole seconds. */
  readonly remainingS: number
}

export interface AuthorizationNeeds {
  readonly redis: RedisClient
  readonly log: Log
  /** Where browsers may be sent with a code: exact URLs. */
  readonly returnAddresses: readonly string[]
  /** How this server calls itself: the `iss` of its answers (RFC 9207) and tokens. */
  readonly issuer: string
  /** Refreshes the session of the request's cookie, and gives the headers that set its cookies; undefined without one that lives. */
  readonly refreshByCookie: (
    req: Request,
    res: Response,
  ) => Promise<{ session: Session; headers: readonly string[] } | undefined>
  /** An id for a session that is to be opened from another one. */
  readonly createChildId: (parentId: string) => string
  /** Opens a session from another one; undefined when that one, or itself, has ended. */
  readonly openChild: (opening: {
    userId: string
    parentId: string
    sessionId: string
    from: From
  }) => Promise<Session | undefined>
  /** Takes a session back whose tokens nobody was given. */
  readonly discardSession: (session: Session) => Promise<void>
  /** Ends the session that a code has opened, because it was redeemed again. */
  readonly endForReusedCode: (session: { userId: string; sessionId: string }, from: From) => Promise<void>
  /** Records that a front end was signed in. Throws `Problem('unavailable')` when it cannot. */
  readonly recordSignIn: (signIn: { userId: string; sessionId: string; frontEnd: string; from: From }) => Promise<void>
  readonly giveTokens: (session: Session) => { tokens: { accessToken: string; expiresIn: number } }
  readonly cameFrom: (req: Request) => From
  /** The guard of redeeming: the servers behind the addresses. */
  readonly callersOnly: RequestHandler
}

export const authorizationRoutes = (needs: AuthorizationNeeds): readonly Route[] => {
  const codes = createCodes(needs.redis)
  return [authorizeRoute(needs, codes), tokenRoute(needs, codes)]
}
