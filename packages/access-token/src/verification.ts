import type { AccessTokenClaims } from './claims.ts'

/** Why a token was refused. Stable: callers switch on it. */
export type RefusalCode =
  | 'malformed' // not three canonical parts of JSON, or not an access token of this kind
  | 'unknown-key' // signed with a key that this verifier does not have
  | 'bad-signature'
  | 'bad-claims' // a claim is missing, of the wrong type, or out of its bounds
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'not-yet-valid' // issued in the future: the clocks differ by more than the leeway
  | 'expired'
  | 'revoked' // its session was ended before the token's time
  | 'revocations-unknown' // the feed is lost, and the policy is to refuse: says nothing about the token
  | 'keys-unavailable' // the issuer's keys cannot be fetched: says nothing about the token
  | 'inactive' // of an API token: unknown, revoked or expired, the auth-server does not say which
  | 'introspection-unavailable' // of an API token: the auth-server cannot be asked: says nothing about the token

export interface Refused {
  readonly ok: false
  readonly code: RefusalCode
}

/** What was found out about a token. Whatever a client may send leads here; nothing is thrown. */
export type Verification<Claims = AccessTokenClaims> = { readonly ok: true; readonly claims: Claims } | Refused

/** A verifier that may have to fetch a key first, or to ask the auth-server about an API token. */
export interface Verifier<Claims = AccessTokenClaims> {
  verify(token: string): Verification<Claims> | Promise<Verification<Claims>>
}

/** A verifier that has its keys, and answers at once. */
export interface LocalVerifier<Claims = AccessTokenClaims> extends Verifier<Claims> {
  verify(token: string): Verification<Claims>
}

export const refused = (code: RefusalCode): Refused => ({ ok: false, code })
