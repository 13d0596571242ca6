/** A complaint about one field of what was sent. */
export interface FieldComplaint {
  readonly path: string
  readonly message: string
}

/**
 * What went wrong, as a code that keeps its meaning: one of the server's problems (docs/problems.md), or
 *
 * - `signed-out`: nobody is signed in here.
 * - `user-changed`: somebody else has signed in since this call began; it was not made, or not made again, in their name.
 * - `unavailable`: the auth-server could not be asked. The session is kept; ask again later.
 * - `unexpected-answer`: what answered is no auth-server.
 * - `foreign-origin`: this origin is not among `services`; nothing was sent.
 * - `store-unusable`: the tokens cannot be read or kept (Node).
 */
export interface AuthErrorDetails {
  /** The HTTP status of the answer, if there was one. */
  readonly status?: number | undefined
  readonly errors?: readonly FieldComplaint[] | undefined
  /** Ask again after so many seconds. */
  readonly retryAfterS?: number | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: string
  readonly status: number | undefined
  readonly errors: readonly FieldComplaint[] | undefined
  readonly retryAfterS: number | undefined
  readonly requestId: string | undefined

  constructor(code: string, message: string, { cause, ...details }: AuthErrorDetails = {}) {
    super(message, { cause })
    this.code = code
    this.status = details.status
    this.errors = details.errors
    this.retryAfterS = details.retryAfterS
    this.requestId = details.requestId
  }
}
