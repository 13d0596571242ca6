import type { Request, Response } from 'express'

/** A request and its answer, as they came in. */
export interface Exchanged {
  readonly req: Request
  readonly res: Response
}

export interface User {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

/** Tokens that travel in the body. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly tokenType: string
  /** Whole seconds. */
  readonly expiresIn: number
}

interface Credentials {
  readonly email: string
  readonly password: string
  readonly challenge?: string
}

interface SignedInUser {
  readonly user: User
  readonly tokens: Tokens
}

/** Who asks: a user, by one of their sessions. */
interface WhoAsks {
  readonly sub: string
  readonly sid: string
}

export interface GraphqlPolicy {
  /** Whether there is GraphiQL, and what it needs: introspection and suggestions. */
  readonly development: boolean
  /** Whether there is `login`, with its refresh tokens that stay the same. */
  readonly login: boolean
}

/** What this capability is handed: what the routes of REST call. All of them throw the problems that REST answers with. */
export interface GraphqlNeeds {
  readonly policy: GraphqlPolicy
  readonly https: boolean
  readonly signUp: (input: Credentials, exchanged: Exchanged) => Promise<SignedInUser>
  /** Makes an account without a session. */
  readonly register: (input: Credentials, exchanged: Exchanged) => Promise<User>
  /** With `fixed` the refresh token of the session stays the same. */
  readonly signIn: (input: Credentials, exchanged: Exchanged, kind: 'body' | 'fixed') => Promise<SignedInUser>
  /** The next tokens of the session whose refresh token is the Bearer token. */
  readonly refresh: (exchanged: Exchanged, kind: 'body' | 'fixed') => Promise<Tokens>
  /** Ends the session whose refresh token is the Bearer token. */
  readonly signOut: (exchanged: Exchanged) => Promise<void>
  /** Whose access token the Bearer token is. */
  readonly whoAsks: (req: Request) => Promise<WhoAsks>
  /** The user of a good access token. Throws when the account is gone. */
  readonly whoAmI: (userId: string) => Promise<User>
  readonly listSessions: (who: WhoAsks) => Promise<readonly object[]>
}
