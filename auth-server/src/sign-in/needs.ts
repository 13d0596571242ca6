import type { TokenToSign } from '@auth-pair/access-token/sign'
import type { ValidationChain } from 'express-validator'
import type { Cookies } from './cookies.ts'

/** How the tokens of a session travel. */
export type TokenTransport = 'cookie' | 'body'

/** A session that lives, and the refresh token to give out for it. */
export interface Session {
  readonly userId: string
  readonly sessionId: string
  readonly refreshToken: string
  readonly transport: TokenTransport
  /** How long it lives when it is not used again, in whole seconds. */
  readonly remainingS: number
}

export interface Opening {
  readonly userId: string
  readonly epoch: number
  readonly transport: TokenTransport
  readonly client: { readonly ip: string | undefined; readonly userAgent: string | undefined }
}

export interface User {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  readonly createdAt: string
}

/** What this capability is handed. */
export interface SignInNeeds {
  readonly createAccount: (account: {
    id: string
    email: string
    passwordHash: string
  }) => Promise<{ kind: 'created'; user: User } | { kind: 'email-taken' }>
  /** The user of these credentials, if they are right, and the epoch to open a session in; after the same time when there is none. */
  readonly verifyCredentials: (
    email: string,
    password: string,
    isWanted: () => boolean,
  ) => Promise<{ user: User; epoch: number } | undefined>
  readonly openSession: (opening: Opening) => Promise<Session>
  /** The session of a presented refresh token, with the token to use from now on; undefined when it has ended. */
  readonly refreshSession: (token: string, transport: TokenTransport) => Promise<Session | undefined>
  readonly endSession: (token: string, transport: TokenTransport) => Promise<void>
  /** Takes a session back whose tokens nobody was given. */
  readonly discardSession: (session: Session) => Promise<void>
  readonly hashPassword: (password: string, isWanted: () => boolean) => Promise<string>
  /** Why a password may not be chosen for this email, or undefined. */
  readonly passwordComplaint: (password: string, email: string) => string | undefined
  readonly emailField: () => ValidationChain
  readonly signAccessToken: (token: TokenToSign) => string
  /** Whole seconds. */
  readonly accessTokenLifeS: number
  readonly cookies: Cookies
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
