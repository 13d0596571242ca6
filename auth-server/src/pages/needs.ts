import type { Authentication } from '@auth-pair/access-token'
import type { Request, RequestHandler, Response } from 'express'
import type { ValidationChain } from 'express-validator'
import type { From } from '../circumstances.ts'

/** Headers that set cookies, as a flat list of names and values. */
export type CookieHeaders = readonly string[]

/** A form with a password in it: what reads it, what checks it, and what it does. */
export interface PasswordForm {
  readonly read: readonly RequestHandler[]
  readonly check: readonly RequestHandler[]
  readonly submit: (req: Request, res: Response) => Promise<CookieHeaders>
}

/** Who asks: a user, by one of their sessions. */
export interface WhoAsks {
  readonly sub: string
  readonly sid: string
}

/** A session as its owner sees it. Times are RFC 3339, UTC, here and below. */
export interface ShownSession {
  readonly id: string
  readonly device: string
  readonly ip: string | null
  readonly createdAt: string
  readonly lastUsedAt: string
  /** Whether each refresh token is followed by another. */
  readonly rotating: boolean
  readonly current: boolean
}

/** Something that happened to an account. */
export interface ShownEvent {
  readonly event: string
  readonly reason: string | null
  readonly at: string
  readonly ip: string | null
  readonly device: string | null
}

/** An API token, without the token. */
export interface ShownApiToken {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  /** Null for never. */
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
}

/** What the account page can do with API tokens. */
export interface ApiTokens {
  nameField(): ValidationChain
  /** Throws `Problem('recent-sign-in-required')` unless somebody has just signed in to this session. */
  assertRecent(userId: string, sessionId: string): Promise<void>
  make(
    wish: { userId: string; sessionId: string; name: string; scopes: readonly string[]; expiresInDays: number | null },
    from: From,
  ): Promise<{ readonly token: string }>
  list(userId: string): Promise<readonly ShownApiToken[]>
  revoke(userId: string, id: string, from: From): Promise<boolean>
}

/** What this capability is handed. */
export interface PagesNeeds {
  readonly publicUrl: string
  readonly https: boolean
  /** Origins that a sign-in may lead to, beside this one. */
  readonly returnOrigins: readonly string[]
  /** How people are told from bots: `altcha` can be shown by these pages, the others cannot. */
  readonly challengeKind: string
  readonly passwordMinLength: number
  readonly signIn: PasswordForm
  readonly signUp: PasswordForm
  readonly changePassword: PasswordForm
  /** The next cookies of the session whose refresh token the request carries; undefined when it has ended. */
  readonly refreshByCookie: (req: Request, res: Response) => Promise<{ readonly headers: CookieHeaders } | undefined>
  readonly clearCookies: (res: Response) => void
  /** Who sends a request, or why nobody can tell. */
  readonly authenticate: (req: Request) => Authentication | Promise<Authentication>
  readonly cameFrom: (req: Request) => From
  readonly userById: (userId: string) => Promise<{ readonly email: string; readonly createdAt: string } | undefined>
  readonly listSessions: (who: WhoAsks) => Promise<readonly ShownSession[]>
  /** Gives the ids of what has ended: none of somebody else's. */
  readonly endSession: (userId: string, sessionId: string, from: From) => Promise<readonly string[]>
  readonly signOut: (session: { userId: string; sessionId: string }, from: From) => Promise<void>
  readonly endOtherSessions: (who: WhoAsks, from: From) => Promise<void>
  readonly endAllSessions: (who: WhoAsks, from: From) => Promise<void>
  readonly recentEvents: (userId: string, limit: number) => Promise<readonly ShownEvent[]>
  readonly apiTokens: ApiTokens
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
