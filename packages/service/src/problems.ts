import { randomUUID } from 'node:crypto'

/**
 * Every problem that either server answers with (RFC 9457). The code is the contract: clients switch on it, and it
 * never changes its meaning. `docs/problems.md` is generated from this object.
 */
export const problems = {
  'invalid-input': {
    status: 400,
    title: 'The input is not valid',
    help: 'Correct the fields listed in `errors` and send the request again.',
  },
  'malformed-request': {
    status: 400,
    title: 'The request could not be read',
    help: 'Send well-formed HTTP with a body that is one JSON object in UTF-8.',
  },
  'ambiguous-credentials': {
    status: 400,
    title: 'The request carries more than one credential',
    help: 'Send one credential: one cookie of a name, one Authorization header, or one refresh token. In a browser, clear the cookies of this site and sign in again.',
  },
  'challenge-required': {
    status: 400,
    title: 'A challenge has to be solved first',
    help: 'Get a challenge at `GET /api/challenge?action=sign-up` (or `sign-in`), solve it, and send the request again with the solution in `challenge` (see docs/challenge.md).',
  },
  'challenge-failed': {
    status: 400,
    title: 'The challenge was not passed',
    help: 'The solution is wrong, too old, used already, or for another action. Get a new challenge at `GET /api/challenge?action=sign-up` (or `sign-in`), solve it, and send the request again with the solution in `challenge`.',
  },
  'return-address-unknown': {
    status: 400,
    title: 'Browsers are not sent to this address',
    help: 'Add the exact `redirect_uri`, as the front end sends it, to RETURN_ADDRESSES of the auth-server.',
  },
  'invalid-grant': {
    status: 400,
    title: 'The code cannot be redeemed',
    help: 'Send the browser to `GET /api/authorize` again. A code is good once and for a minute, for the `redirect_uri`, `code_verifier` and `client_id` of its request, and while the session lasts that it came from.',
  },
  'invalid-credentials': {
    status: 401,
    title: 'Email or password is wrong',
    help: 'Check both. The answer is the same whether the account exists or not.',
  },
  'session-ended': {
    status: 401,
    title: 'The session has ended',
    help: 'Sign in again. The refresh token is missing, expired, signed out or retired.',
  },
  'access-token-required': {
    status: 401,
    title: 'An access token is required',
    help: 'Send `Authorization: Bearer` with the access token of a sign-in.',
  },
  'access-token-invalid': {
    status: 401,
    title: 'The access token is not valid',
    help: 'Get a new one from `POST /api/refresh`, then repeat the request.',
  },
  'verifier-token-required': {
    status: 401,
    title: 'This is only for services that verify access tokens',
    help: 'Sign a verifier token with the shared secret (`createRevocationFeed` does). If you did: compare secret, issuer and clock of both sides.',
  },
  'client-authentication-required': {
    status: 401,
    title: 'This is only for services and clients of this server',
    help: 'Send `Authorization: Bearer` with a verifier token, signed with the shared secret, or `Authorization: Basic` with the id and the secret of a client (`CLIENTS`).',
  },
  'recent-sign-in-required': {
    status: 401,
    title: 'This needs a sign-in of the last minutes',
    help: 'Sign in again with the password, and send the request with the new access token within the seconds in `max_age` of `WWW-Authenticate`.',
  },
  'insufficient-scope': {
    status: 403,
    title: 'The access token does not allow this',
    help: 'Ask for a token with the scopes in `WWW-Authenticate`.',
  },
  'current-password-wrong': {
    status: 403,
    title: 'The current password is wrong',
    help: 'Nothing was changed. Check the current password; somebody may have changed it a moment ago.',
  },
  'cross-site-request': {
    status: 403,
    title: 'Requests from this web site are not accepted',
    help: 'Serve the page from the public URL, or add its exact origin to CORS_ORIGINS.',
  },
  'not-found': { status: 404, title: 'There is nothing at this address', help: 'Compare the path with docs/api.md.' },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not answer to this method',
    help: 'Use one of the methods in the `Allow` header.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    help: 'Send the whole request within a few seconds.',
  },
  'email-taken': {
    status: 409,
    title: 'There is already an account with this email',
    help: 'Sign in instead, or sign up with another address.',
  },
  'too-many-api-tokens': {
    status: 409,
    title: 'There are as many API tokens as an account may have',
    help: 'Revoke one that is not needed any more (`DELETE /api/tokens/:id`), then make the new one.',
  },
  'body-too-large': { status: 413, title: 'The body is too large', help: 'Send at most 16 KiB.' },
  'unsupported-media-type': {
    status: 415,
    title: 'Bodies of this type are not read here',
    help: 'Send `Content-Type: application/json` (where OAuth is spoken, `application/x-www-form-urlencoded`), in UTF-8 and not compressed.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for the seconds in `Retry-After`. After wrong passwords each further one makes the wait longer. The answer is the same whether the account exists or not.',
  },
  'headers-too-large': { status: 431, title: 'The headers are too large', help: 'Send at most 16 KiB of headers.' },
  'internal-error': {
    status: 500,
    title: 'Something went wrong on our side',
    help: 'Tell the operator the request id: the log has the reason under it.',
  },
  busy: {
    status: 503,
    title: 'Too many people sign in at this moment',
    help: 'Repeat the same request after the seconds in `Retry-After`. Your password was not looked at.',
  },
  unavailable: {
    status: 503,
    title: 'The service is not available right now',
    help: 'Repeat the same request after the seconds in `Retry-After`. Nothing was decided about your credentials: keep them.',
  },
} as const satisfies Record<string, { status: number; title: string; help: string }>

export type ProblemCode = keyof typeof problems

/** One complaint about the input: which field, and what a person can do about it. Never holds the value. */
export interface FieldComplaint {
  readonly path: string
  readonly message: string
}

export interface ProblemDetails {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail?: string
  readonly requestId: string
  readonly errors?: readonly FieldComplaint[]
  /** What OAuth calls it, where it speaks OAuth (RFC 6749, section 5.2). */
  readonly error?: string
}

interface ProblemOptions {
  /** Logged, never sent. */
  readonly cause?: unknown
  /** Sent: a sentence for a person. */
  readonly detail?: string
  readonly errors?: readonly FieldComplaint[]
  /** Sent: what OAuth calls it (RFC 6749, section 5.2), where a route speaks OAuth. */
  readonly error?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** How both servers want to be authenticated to (RFC 6750, section 3). */
export const bearerChallenge = 'Bearer realm="auth-pair"'

/** What a status has to bring along: RFC 9110, sections 11.6.1 and 15.6.4. */
const presetHeaders: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': bearerChallenge },
  503: { 'Retry-After': '2' },
}

/** Nobody can put it into a name that a complaint repeats. */
const inPlaceOfId = randomUUID()

/** What a handler throws to answer with a problem of the catalogue. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  readonly detail: string | undefined
  readonly errors: readonly FieldComplaint[] | undefined
  readonly error: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** The same as a flat list of names and values. */
  readonly headerList: readonly string[]
  #aroundId: readonly string[] | undefined

  constructor(code: ProblemCode, { cause, detail, errors, error, headers = {} }: ProblemOptions = {}) {
    // what it is, and its cause, are all that is ever told of it: whoever sends junk should not have us write down where we are
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(problems[code].title, { cause })
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.status = problems[code].status
    this.detail = detail
    this.errors = errors
    this.error = error
    this.headers = { ...presetHeaders[this.status], ...headers }
    this.headerList = Object.entries(this.headers).flat()
  }

  /** The body as text. A problem that is made once answers many requests, of which it needs no more than the id. */
  body(requestId: string): string {
    this.#aroundId ??= JSON.stringify(this.details(inPlaceOfId)).split(inPlaceOfId)
    return this.#aroundId.join(requestId)
  }

  /** The body of the answer (RFC 9457, section 3.1). The code is repeated in `type`, which has to be a URI. */
  details(requestId: string): ProblemDetails {
    return {
      type: `urn:auth-pair:problem:${this.code}`,
      title: problems[this.code].title,
      status: this.status,
      code: this.code,
      ...(this.detail !== undefined && { detail: this.detail }),
      requestId,
      ...(this.errors && { errors: this.errors }),
      ...(this.error !== undefined && { error: this.error }),
    }
  }
}
