import { type AccessTokenClaims, accessTokenType, type ExternalClaims, maxAgeS } from './claims.ts'
import type { Json } from './decode-strictly.ts'

/** What tokens of one kind have to be like, besides being signed. */
export interface TokenKind<Claims> {
  /** Whether every character has to be as our own signer writes it. */
  readonly exactly: boolean
  /** The `typ` in the header, in small letters and without its prefix; undefined when there is none. */
  readonly isType: (typ: string | undefined) => boolean
  /** The claims, when all that have to be there are there and within their bounds. */
  readonly readClaims: (claims: Json) => Claims | undefined
}

/** Those of the auth-server. */
export const pairTokens: TokenKind<AccessTokenClaims> = {
  exactly: true,
  isType: typ => typ === accessTokenType,
  readClaims: claims => {
    const ok = hasCommonClaims(claims, maxAgeS) && isFilledString(claims.sid) && isFilledString(claims.jti)
    return ok ? deepFrozen(claims as unknown as AccessTokenClaims) : undefined
  },
}

const day = 86_400

/**
 * Those of another OpenID Connect issuer, which may have its own manner of writing. Many do not say `at+jwt` yet. SECURITY: what
 * tells an ID token apart from an access token is then the audience alone.
 */
export const externalTokens: TokenKind<ExternalClaims> = {
  exactly: false,
  isType: typ => typ === undefined || typ === 'jwt' || typ === accessTokenType,
  readClaims: claims => (hasCommonClaims(claims, day) ? Object.freeze(claims as unknown as ExternalClaims) : undefined),
}

const hasCommonClaims = ({ iss, aud, sub, iat, exp, nbf, scope }: Json, longestS: number): boolean => {
  const audiences = Array.isArray(aud) ? aud : [aud]
  return (
    [iss, sub, ...audiences].every(isFilledString) &&
    audiences.length > 0 &&
    isTime(iat) &&
    isTime(exp) &&
    exp > iat &&
    exp - iat <= longestS &&
    (nbf === undefined || (isTime(nbf) && nbf <= exp)) &&
    isTextOrNone(scope)
  )
}

/** The claims of a remembered token are those of its next request too. */
const deepFrozen = <Value extends object>(value: Value): Value => {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFrozen(member)
  return Object.freeze(value)
}

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string'
const isFilledString = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
