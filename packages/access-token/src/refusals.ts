import type { RefusalCode } from './verification.ts'

/** The answer to a request that is not let in. */
export interface Refusal {
  readonly ok: false
  readonly status: 400 | 401 | 403 | 503
  /** Stable: clients switch on it. */
  readonly code:
    | 'access-token-required'
    | 'access-token-invalid'
    | 'ambiguous-credentials'
    | 'malformed-request'
    | 'insufficient-scope'
    | 'unavailable'
  /** For the log, never for the client: what exactly was wrong with the token. */
  readonly reason: RefusalCode | undefined
  readonly detail: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Problem details in JSON (RFC 9457, section 3). */
  readonly body: string
}

/** RFC 6750, section 3. */
const challenge = 'Bearer realm="auth-pair"'

const titles: Readonly<Record<Refusal['code'], string>> = {
  'access-token-required': 'An access token is required',
  'access-token-invalid': 'The access token is not valid',
  'ambiguous-credentials': 'The request carries more than one credential',
  'malformed-request': 'The request could not be read',
  'insufficient-scope': 'The access token does not allow this',
  unavailable: 'The service is not available right now',
}

interface Given {
  readonly reason?: RefusalCode
  readonly detail?: string
  readonly headers: Readonly<Record<string, string>>
}

const refuse = (status: Refusal['status'], code: Refusal['code'], { reason, detail, headers }: Given): Refusal =>
  Object.freeze({
    ok: false,
    status,
    code,
    reason,
    detail,
    headers: Object.freeze({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers }),
    body: JSON.stringify({ type: `urn:auth-pair:problem:${code}`, title: titles[code], status, code, detail }),
  })

const asking = (rest = '') => ({ 'WWW-Authenticate': `${challenge}${rest}` })

/** Made once for each reason: whoever sends junk, sends much of it. */
const forReason = (make: (reason: RefusalCode) => Refusal): ((reason: RefusalCode) => Refusal) => {
  const made = new Map<RefusalCode, Refusal>()
  return reason => {
    const refusal = made.get(reason) ?? make(reason)
    made.set(reason, refusal)
    return refusal
  }
}

/** RFC 6750, section 3.1: without a token a bare challenge; otherwise it says what is wrong. */
export const refusals = {
  none: refuse(401, 'access-token-required', { headers: asking() }),
  several: refuse(400, 'ambiguous-credentials', { headers: asking(', error="invalid_request"') }),
  malformed: refuse(400, 'malformed-request', {
    headers: asking(', error="invalid_request"'),
    detail: 'Send Authorization: Bearer, one space, the access token.',
  }),
  invalid: forReason(reason =>
    refuse(401, 'access-token-invalid', { reason, headers: asking(', error="invalid_token"') }),
  ),
  undecided: forReason(reason => refuse(503, 'unavailable', { reason, headers: { 'Retry-After': '2' } })),
  lacking: (scopes: readonly string[]) =>
    refuse(403, 'insufficient-scope', {
      headers: asking(`, error="insufficient_scope", scope="${scopes.join(' ')}"`),
    }),
} as const
