/** A request for a code, judged. */
export type AuthorizationRequest =
  /** Nobody says that it is safe to send a browser there: it is answered here. */
  | { readonly kind: 'address-unknown' }
  | {
      readonly kind: 'faulty'
      readonly returnAddress: string
      readonly fault: Fault
      readonly state: string | undefined
    }
  | {
      readonly kind: 'good'
      readonly returnAddress: string
      readonly state: string
      readonly challenge: string
      /** Who is to redeem the code, where the front end says so. */
      readonly clientId: string | undefined
    }

/** RFC 6749, section 4.1.2.1. */
export interface Fault {
  readonly error: 'invalid_request' | 'unsupported_response_type'
  /** For the developer of the front end. */
  readonly description: string
}

const ours = ['response_type', 'redirect_uri', 'state', 'code_challenge', 'code_challenge_method', 'client_id']

/** RFC 6749, appendix A.5, of a length that still fits into an address. */
const stateForm = /^[\x20-\x7e]{1,512}$/

/** RFC 6749, appendix A.1, of a length that any name of a client or service has. */
const clientForm = /^[\x20-\x7e]{1,256}$/

/** SHA-256 in base64url: RFC 7636, section 4.2. */
const challengeForm = /^[A-Za-z0-9_-]{43}$/

/**
 * Judges the parameters of a request for a code. SECURITY: the address is looked at first, and compared character by character
 * (RFC 9700, section 4.1.3): whatever parses URLs in another way than the browser does opens redirects. Parameters that are not known are left
 * alone (RFC 6749, section 3.1).
 */
export const judgeRequest = (
  parameters: URLSearchParams,
  returnAddresses: ReadonlySet<string>,
): AuthorizationRequest => {
  const one = (name: string): string | undefined => {
    const values = parameters.getAll(name)
    return values.length === 1 ? values[0] : undefined
  }
  const returnAddress = one('redirect_uri')
  if (returnAddress === undefined || !returnAddresses.has(returnAddress)) return { kind: 'address-unknown' }
  const given = one('state')
  const state = given !== undefined && stateForm.test(given) ? given : undefined
  const fault = faultOf(parameters, one)
  if (fault) return { kind: 'faulty', returnAddress, fault, state }
  const challenge = one('code_challenge')
  if (state === undefined || challenge === undefined || !challengeForm.test(challenge)) {
    const name = state === undefined ? 'state' : 'code_challenge'
    return { kind: 'faulty', returnAddress, fault: invalid(`${name} is missing or malformed`), state }
  }
  return { kind: 'good', returnAddress, state, challenge, clientId: one('client_id') }
}

const faultOf = (parameters: URLSearchParams, one: (name: string) => string | undefined): Fault | undefined => {
  const repeated = ours.find(name => parameters.getAll(name).length > 1)
  if (repeated !== undefined) return invalid(`${repeated} comes more than once`)
  const type = one('response_type')
  if (!type) return invalid('response_type is missing')
  if (type !== 'code') return { error: 'unsupported_response_type', description: 'response_type has to be code' }
  const clientId = one('client_id')
  if (clientId !== undefined && !clientForm.test(clientId)) return invalid('client_id is malformed')
  if (one('code_challenge_method') !== 'S256') return invalid('code_challenge_method has to be S256')
  return undefined
}

const invalid = (description: string): Fault => ({ error: 'invalid_request', description })
