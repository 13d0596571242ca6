import jwt from 'jsonwebtoken'
import { type AccessTokenClaims, accessTokenAlgorithm, accessTokenType, maxAgeS } from './claims.ts'
import { type Decoded, decodeStrictly } from './decode-strictly.ts'
import { createKey } from './keys.ts'
import { createRemembered } from './remembered.ts'
import type { Revocations } from './revocations/revocation.ts'

/** Why a token was refused. Stable: callers switch on it. */
export type RefusalCode =
  | 'malformed' // not three canonical parts of JSON, or not an access token of this kind
  | 'unknown-key' // signed with a secret that this verifier does not have
  | 'bad-signature'
  | 'bad-claims' // a claim is missing, of the wrong type, or out of its bounds
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'not-yet-valid' // issued in the future: the clocks differ by more than the leeway
  | 'expired'
  | 'revoked' // its session was ended before the token's time
  | 'revocations-unknown' // the feed is lost, and the policy is to refuse: says nothing about the token

export type Verification =
  | { readonly ok: true; readonly claims: AccessTokenClaims }
  | { readonly ok: false; readonly code: RefusalCode }

export interface VerifierNeeds {
  /** The secret that signs, at least 32 bytes. */
  readonly secret: string
  /** The secret before it, still accepted while it is being replaced. */
  readonly previousSecret?: string | undefined
  readonly issuer: string
  readonly audience: string
  /** Where revocations are looked up; without it a token lives to its end. */
  readonly revocations?: Revocations | undefined
  /** How much the clocks may differ, in seconds: 0 to 5. */
  readonly leewayS?: number
  /** How many verified tokens are remembered. */
  readonly remember?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface Verifier {
  verify(token: string): Verification
}

/**
 * Makes a verifier of access tokens. It needs no network and no store. Throws when a secret is too short to be one
 * (RFC 7518, section 3.2).
 */
export const createVerifier = (needs: VerifierNeeds): Verifier => {
  const {
    secret,
    previousSecret,
    issuer,
    audience,
    revocations,
    leewayS = 5,
    remember = 10_000,
    now = Date.now,
  } = needs
  const secrets = previousSecret === undefined ? [secret] : [secret, previousSecret]
  if (secrets.some(value => Buffer.byteLength(value) < 32))
    throw new Error('A secret has to be at least 32 bytes long.')
  if (!(leewayS >= 0 && leewayS <= 5)) throw new Error('leewayS has to be from 0 to 5.')
  // SECURITY: each key has exactly one algorithm, and an unknown id is refused instead of trying every key
  const keys = new Map(secrets.map(createKey).map(({ id, key }) => [id, key]))
  const remembered = createRemembered<Remembered>(remember)

  const verifyAnew = (token: string): Verification => {
    const decoded = decodeStrictly(token)
    if (!decoded || !hasHeaderOfAccessToken(decoded.header)) return refused('malformed')
    const key = keys.get(String(decoded.header.kid))
    if (!key) return refused('unknown-key')
    try {
      // time is checked below, on every use
      jwt.verify(token, key, { algorithms: [accessTokenAlgorithm], ignoreExpiration: true, ignoreNotBefore: true })
    } catch {
      return refused('bad-signature')
    }
    const claims = checkClaims(decoded.claims)
    if (!claims) return refused('bad-claims')
    if (claims.iss !== issuer) return refused('wrong-issuer')
    if (![claims.aud].flat().includes(audience)) return refused('wrong-audience')
    return { ok: true, claims }
  }

  const checkTime = ({ iat, exp }: AccessTokenClaims): RefusalCode | undefined => {
    const seconds = now() / 1000
    if (seconds >= exp + leewayS) return 'expired'
    if (iat > seconds + leewayS) return 'not-yet-valid'
    return undefined
  }

  const checkRevocation = (entry: Remembered): RefusalCode | undefined => {
    if (!revocations) return undefined
    if (!revocations.isReliable()) return 'revocations-unknown'
    // under the version that it was looked up in before, the answer is the same
    if (entry.goodUnder === revocations.version) return undefined
    if (revocations.isRevoked(entry.verification.claims)) return 'revoked'
    entry.goodUnder = revocations.version
    return undefined
  }

  return {
    verify: token => {
      const known = remembered.get(token)
      const verification = known?.verification ?? verifyAnew(token)
      if (!verification.ok) return verification
      const untimely = checkTime(verification.claims)
      if (untimely === 'expired') remembered.delete(token)
      if (untimely) return refused(untimely)
      const entry = known ?? { verification, goodUnder: undefined }
      if (!known) remembered.set(token, entry)
      const refusal = checkRevocation(entry)
      return refusal ? refused(refusal) : verification
    },
  }
}

/** A token that passed every check but those of time and revocation, which are made on every use. */
interface Remembered {
  readonly verification: Extract<Verification, { ok: true }>
  /** The version of the revocations under which it was found good. */
  goodUnder: number | undefined
}

const refused = (code: RefusalCode): Verification => ({ ok: false, code })

/**
 * RFC 9068, section 4: `typ` is `at+jwt`, with or without its prefix. RFC 7515, section 4.1.11: an extension that has to be
 * understood is not understood here. Headers that bring a key along are not looked at.
 */
const hasHeaderOfAccessToken = ({ alg, typ, crit }: Decoded['header']): boolean =>
  alg === accessTokenAlgorithm &&
  crit === undefined &&
  typeof typ === 'string' &&
  typ.toLowerCase().replace(/^application\//, '') === accessTokenType

const checkClaims = (claims: Decoded['claims']): AccessTokenClaims | undefined => {
  const { iss, aud, sub, sid, iat, exp, jti } = claims
  const audiences = Array.isArray(aud) ? aud : [aud]
  const ok =
    [iss, sub, sid, jti, ...audiences].every(isFilledString) &&
    audiences.length > 0 &&
    isTime(iat) &&
    isTime(exp) &&
    exp > iat &&
    exp - iat <= maxAgeS
  return ok ? Object.freeze(claims as unknown as AccessTokenClaims) : undefined
}

const isFilledString = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
