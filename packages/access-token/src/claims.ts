/**
 * The claims of an access token (RFC 9068, section 2.2, without the personal ones). All but `nbf` and `scope` are always there. Not an
 * interface: `req.auth`, which has this type, can then be read as `ExternalClaims` where those are what is verified.
 */
export type AccessTokenClaims = {
  /** Issuer: the public URL of the auth-server. */
  readonly iss: string
  /** Audience: the services that the token is for. */
  readonly aud: string | readonly string[]
  /** Subject: the user's id. */
  readonly sub: string
  /** The session that the token belongs to. */
  readonly sid: string
  /** Issued at, in seconds since the epoch. */
  readonly iat: number
  /** Expires at, in seconds since the epoch. */
  readonly exp: number
  /** The token's own id. */
  readonly jti: string
  /** Not valid before, in seconds since the epoch; the auth-server does not say it. */
  readonly nbf?: number
  /** What the token may be used for: names with a space between them (RFC 8693, section 4.2). */
  readonly scope?: string
}

/** What is believed of an access token of another issuer: `sid` and `jti` may be missing, and there may be more claims. */
export interface ExternalClaims extends Omit<AccessTokenClaims, 'sid' | 'jti'> {
  readonly sid?: string
  readonly jti?: string
  readonly [claim: string]: unknown
}

/** The `typ` of an access token (RFC 9068, section 2.1), so that no other kind of JWT passes for one. */
export const accessTokenType = 'at+jwt'

/** The longest life of an access token that a verifier accepts, in seconds. */
export const maxAgeS = 3600
