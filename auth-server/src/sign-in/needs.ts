import type { TokenToSign } from '@auth-pair/access-token/sign'
import type { Request, RequestHandler } from 'express'
import type { ValidationChain } from 'express-validator'
import type { From } from '../circumstances.ts'
import type { Cookies } from './cookies.ts'

/** How the tokens of a session travel; `fixed` is in the body, with a refresh token that stays the same. */
export type TokenTransport = 'cookie' | 'body' | 'fixed'

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
  readonly from: From
}

export interface User {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

/** An account that is to be made, and its first session, if it has one. */
export interface NewAccount {
  readonly id: string
  readonly email: string
  readonly passwordHash: string
  readonly sessionId: string | null
}

/** A sign-in that is counted. */
export interface Guess {
  end(outcome: 'right' | 'wrong' | 'unchecked'): Promise<void>
}

/** Somebody who wants in. */
export interface Applicant {
  readonly email: string
  readonly ip: string | undefined
  readonly from: From
}

/** Somebody who tries to make an account. */
export interface SignUpAttempt extends Applicant {
  readonly hasSolution: boolean
  /** Throws unless the challenge was passed. */
  readonly passChallenge: () => Promise<void>
}

/** Somebody who tries to sign in to an account. */
export interface SignInAttempt extends SignUpAttempt {
  readonly deviceToken: string | undefined
}

/** A password that is about to be changed by its user. */
export interface PasswordChange {
  readonly user: User
  /** Whether this is the current password. */
  isCurrent(password: string, wanted: AbortSignal, from: From): Promise<boolean>
  /** Replaces the current password by that of a hash, and ends all sessions. Throws with a `detail` when it may have been done. */
  replace(
    password: string,
    newHash: string,
    wanted: AbortSignal,
    from: From,
  ): Promise<
    | { readonly kind: 'replaced'; readonly epoch: number }
    /** Somebody else was first. */
    | { readonly kind: 'overtaken' }
    /** The account was disabled, or its sessions ended, meanwhile. */
    | { readonly kind: 'ended' }
  >
}

/** What this capability is handed. */
export interface SignInNeeds {
  readonly createAccount: (
    account: NewAccount,
    from: From,
  ) => Promise<{ kind: 'created'; user: User } | { kind: 'email-taken' }>
  /** Throws `Problem('busy')` when a password would have to wait for too long. */
  readonly assertRoomToHash: () => void
  /** Throws `Problem('too-many-requests')` when a sign-in of this address, from no known device, was refused a moment ago. */
  readonly assertAddressMayTry: (ip: string | undefined, from: From) => void
  /** Counts a sign-in before the password is looked at. Throws `Problem('too-many-requests')`, or what `passChallenge` throws. */
  readonly beginSignIn: (attempt: SignInAttempt, wanted: AbortSignal) => Promise<Guess>
  /** Counts a sign-up. Throws `Problem('too-many-requests')`, or what `passChallenge` throws. The answer gives it back. */
  readonly beginSignUp: (attempt: SignUpAttempt) => Promise<() => Promise<void>>
  /** Throws unless this is the solution of a challenge for this action, which nobody has used before. */
  readonly checkChallenge: (
    action: 'sign-in' | 'sign-up',
    solution: string | undefined,
    applicant: Applicant,
  ) => Promise<void>
  readonly challengeField: () => ValidationChain
  /** The token to give to a device on which somebody has signed in to the account of an email. */
  readonly deviceToken: (email: string, former: string | undefined) => string
  /** The user of these credentials, if they are right, and the epoch to open a session in; after the same time when there is none. */
  readonly verifyCredentials: (
    email: string,
    password: string,
    wanted: AbortSignal,
    from: From,
  ) => Promise<{ user: User; epoch: number } | undefined>
  /** Throws `Problem('unavailable')` when it is known that no session can be opened. */
  readonly assertSessionsReachable: () => void
  readonly openSession: (opening: Opening) => Promise<Session>
  /** Writes a sign-in into the record of what happened to accounts. */
  readonly recordSignIn: (signIn: {
    userId: string
    sessionId: string
    /** Whether the refresh token of the session stays the same. */
    tokenStays: boolean
    from: From
  }) => Promise<void>
  readonly cameFrom: (req: Request) => From
  /** The session of a presented refresh token, with the token to use from now on; undefined when it has ended. */
  readonly refreshSession: (token: string, transport: TokenTransport, from: From) => Promise<Session | undefined>
  /** Ends the session of a presented refresh token; `body` is any that travels there. */
  readonly endSession: (token: string, transport: 'cookie' | 'body', from: From) => Promise<void>
  /** Takes a session back whose tokens nobody was given. */
  readonly discardSession: (session: Session) => Promise<void>
  readonly hashPassword: (password: string, wanted: AbortSignal) => Promise<string>
  /** Why a password may not be chosen for this email, or undefined. */
  readonly passwordComplaint: (password: string, email: string) => string | undefined
  readonly emailField: () => ValidationChain
  readonly signAccessToken: (token: TokenToSign) => string
  /** Whole seconds. */
  readonly accessTokenLifeS: number
  readonly cookies: Cookies
  /** What the JSON routes tell of a user. */
  readonly shownUser: (user: User) => object
  /** The guard of the routes that answer for the signed-in user. */
  readonly signedIn: RequestHandler
  readonly isRevoked: (token: { readonly sub: string; readonly sid: string }) => boolean
  /** Undefined when there is no such account, when it is disabled, or when its sessions of this epoch have ended. */
  readonly beginPasswordChange: (userId: string, sessionEpoch: number) => Promise<PasswordChange | undefined>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
