/**
 * What services and clients ask about tokens that others hold: whether one is good (RFC 7662), and to end one (RFC 7009). It tells the kinds
 * of token apart by their form and asks whoever knows them; it keeps nothing and decides nothing of its own.
 */
import { isApiToken, type LocalVerifier } from '@auth-pair/access-token'
import type { Route } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import type { From } from '../circumstances.ts'
import { introspectRoute } from './introspect.ts'
import { revokeRoute } from './revoke.ts'

/** An API token that is good. */
export interface GoodApiToken {
  readonly id: string
  readonly userId: string
  readonly scopes: readonly string[]
  readonly createdAt: Date
  /** Null for never. */
  readonly expiresAt: Date | null
}

/** A session whose refresh token is good. Times are milliseconds since the epoch. */
export interface GoodSession {
  readonly userId: string
  readonly sessionId: string
  readonly usedAt: number
  readonly endsAt: number
}

/** Those that ask a store throw `Problem('unavailable')` when it does not answer. */
export interface IntrospectionNeeds {
  readonly callersOnly: RequestHandler
  readonly findApiToken: (token: string) => Promise<GoodApiToken | undefined>
  readonly findSession: (refreshToken: string) => Promise<GoodSession | undefined>
  /** Signature, issuer, audience, time, and whether the session was revoked. */
  readonly verify: LocalVerifier['verify']
  /** Each says whether there was such a token. */
  readonly revokeApiToken: (token: string, from: From) => Promise<boolean>
  readonly endSessionOfRefreshToken: (token: string, from: From) => Promise<boolean>
  readonly endSession: (session: { userId: string; sessionId: string }, from: From) => Promise<void>
  readonly cameFrom: (req: Request) => From
  readonly issuer: string
  readonly audience: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const introspectionRoutes = (needs: IntrospectionNeeds): readonly Route[] => [
  introspectRoute(needs),
  revokeRoute(needs),
]

export type TokenKind = 'api-token' | 'access-token' | 'refresh-token'

/** What a token can only be, by its form: `token_type_hint` is a hint (RFC 7009, section 2.1), and not needed. */
export const kindOf = (token: string): TokenKind => {
  if (isApiToken(token)) return 'api-token'
  return token.includes('.') ? 'access-token' : 'refresh-token'
}
