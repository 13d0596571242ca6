import type { Clock } from './clock.ts'

export interface User {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  /** ISO 8601. */
  readonly createdAt: string
}

export interface Credentials {
  readonly email: string
  readonly password: string
  /** The solution of a challenge, after an error `challenge-required` (docs/challenge.md). */
  readonly challenge?: string
}

export interface Passwords {
  readonly currentPassword: string
  readonly newPassword: string
  /** The solution of a challenge for a sign-in, after an error `challenge-required`. */
  readonly challenge?: string
}

export interface Options {
  /**
   * Ends the wait of this caller; a refresh that others wait for too goes on. A sign-in or sign-out that it ends before its turn to change what is
   * kept has changed nothing here, and a session that the server has made by then is ended there. From its turn on, it is done here whatever
   * the signal says.
   */
  readonly signal?: AbortSignal | null | undefined
}

/** What is kept of a session. */
export interface Session {
  /** Empty: there may be a session, and a refresh tells. */
  readonly accessToken: string
  /** None where the refresh token is in a cookie. */
  readonly refreshToken?: string | undefined
  /** How far the server's clock was ahead of that of the machine which got the tokens, in milliseconds. */
  readonly aheadMs?: number | undefined
}

export type Change =
  /** Without `user`, a new token told that it is another one than before. */
  | { readonly kind: 'signed-in'; readonly user?: User }
  /** `session-ended`: at the server, by somebody else or by its age. */
  | { readonly kind: 'signed-out'; readonly reason: 'signed-out' | 'session-ended' }

export interface AuthClient {
  /** Makes an account and signs in. Throws AuthError: `invalid-input` with `errors`, `email-taken`, `challenge-required`, `unavailable` and so on. */
  signUp(credentials: Credentials, options?: Options): Promise<User>
  /** Throws AuthError: `invalid-credentials`, `challenge-required`, `too-many-requests` with `retryAfterS`, `unavailable` and so on. */
  signIn(credentials: Credentials, options?: Options): Promise<User>
  /**
   * Changes the password. Every session of the user ends, everywhere; this client goes on with a new one, which its listeners hear of as a sign-in. Throws
   * AuthError: `current-password-wrong`, `invalid-input` with `errors`, `signed-out`, and as `signIn` does. After `unavailable` it may have been changed: sign in.
   */
  changePassword(passwords: Passwords, options?: Options): Promise<User>
  /** Forgets the tokens, then tells the server. Throws AuthError `unavailable` when that cannot be told: the session goes on there until its idle limit. */
  signOut(options?: Options): Promise<void>
  /** An access token that lives. Throws AuthError: `signed-out`, `session-ended`, `user-changed`, `unavailable` and so on. */
  accessToken(options?: Options): Promise<string>
  /**
   * As `fetch`, with the access token. A 401 leads to a new token and one more try, unless the body is a stream. Throws what `fetch`
   * throws and what `accessToken` does, and AuthError `foreign-origin` for an origin that is not among `services`.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /**
   * The access token for an address, for HTTP libraries of your own: throws AuthError `foreign-origin`, and what `accessToken` does. With a
   * `refused` one (401) it gives the one to try once instead, or undefined when no other would fare better.
   */
  tokenFor(
    address: string | URL,
    options?: Options & { readonly refused?: string | undefined },
  ): Promise<string | undefined>
  /** Calls the listener on each sign-in and sign-out. Gives the way to stop it. */
  onChange(listener: (change: Change) => void): () => void
}

export interface CoreNeeds {
  /** Of the auth-server. */
  readonly url: string
  /** Origins besides the auth-server's own to which the access token may go. */
  readonly services?: readonly string[] | undefined
  /** What relative addresses are relative to. The auth-server's URL when left out. */
  readonly base?: string | undefined
  /** What a sign-in says besides the credentials. */
  readonly signInWith?: object | undefined
  /** What each request to the auth-server is made with. */
  readonly init?: RequestInit | undefined
  /** The session that is kept now; undefined when nobody is signed in. */
  readonly read: () => Promise<Session | undefined>
  /**
   * Resolves when the session is safe. `change` says why there is none, or who has signed in. With `former`, which was read, it gives false and
   * writes nothing where another session is kept by then.
   */
  readonly write: (session: Session | undefined, change?: Change, former?: Session) => Promise<unknown>
  /** The server's answer itself changes what is kept: then it is asked to sign in or out only when nothing else is asked. */
  readonly cookies?: boolean | undefined
  /** Runs the work when no other runs that was given to this store, in turn. Rejects with the signal's reason when that comes first. */
  readonly alone: <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>
  readonly fetch?: typeof fetch | undefined
  readonly clock?: Clock | undefined
  /** From 0 to below 1. */
  readonly random?: (() => number) | undefined
}

/** What the core gives to the client that it is the heart of. */
export interface AuthCore {
  readonly client: AuthClient
  /** Takes what another tab has just kept of the session, and tells the listeners. */
  readonly hear: (session: Session | undefined, change?: Change) => void
}
