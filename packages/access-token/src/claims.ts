/** The claims of an access token (RFC 9068, section 2.2, without the personal ones). All are always there. */
export interface AccessTokenClaims {
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
}

/** The `typ` of an access token (RFC 9068, section 2.1), so that no other kind of JWT passes for one. */
export const accessTokenType = 'at+jwt'

/** The one algorithm (RFC 8725, section 3.1). */
export const accessTokenAlgorithm = 'HS256'

/** The longest life of an access token that a verifier accepts, in seconds. */
export const maxAgeS = 3600
