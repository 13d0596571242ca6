import { type Parts, readPart, splitStrictly } from './decode-strictly.ts'
import { isSignedWith } from './keys/check-signature.ts'
import type { Key } from './keys/key.ts'
import { createRemembered } from './remembered.ts'
import type { Revocations } from './revocations/revocation.ts'
import { isLongAs, readHeader, type TokenHeader } from './token-header.ts'
import type { TokenKind } from './token-kind.ts'
import { type RefusalCode, refused, type Verification, type Verifier } from './verification.ts'

/** What every verifier takes. */
export interface CommonNeeds {
  /** The `iss` that tokens have to name, exactly. */
  readonly issuer: string
  /** The `aud` that tokens have to name: what stands for this service, or for all services together. */
  readonly audience: string
  /** How much the clocks may differ, in seconds: 0 to 5. */
  readonly leewayS?: number
  /** How many verified tokens are remembered. */
  readonly remember?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** Where keys come from. */
export interface KeySource {
  readonly get: (id: string) => Key | undefined
  /** Looks further for a key that `get` does not know. */
  readonly find?: (id: string) => Promise<Key | 'unknown' | 'unavailable'>
}

interface CoreNeeds<Claims> extends CommonNeeds {
  readonly kind: TokenKind<Claims>
  readonly keys: KeySource
  readonly revocations?: (Omit<Revocations, 'isRevoked'> & { isRevoked(claims: Claims): boolean }) | undefined
}

interface TimedClaims {
  readonly iss: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly exp: number
  readonly nbf?: number
}

/** A token that passed every check but those of time and revocation, which are made on every use. */
interface Remembered<Claims> {
  readonly verification: { readonly ok: true; readonly claims: Claims }
  readonly key: Key
  /** The version of the revocations under which it was found good. */
  goodUnder: number | undefined
}

/** More than an issuer writes. */
const rememberedHeaders = 100

/** The verification of tokens of one kind. It answers at once but where a key has to be looked for. */
export const createCore = <Claims extends TimedClaims>(needs: CoreNeeds<Claims>): Verifier<Claims> => {
  const { kind, keys, issuer, audience, revocations, leewayS = 5, remember = 10_000, now = Date.now } = needs
  if (!(leewayS >= 0 && leewayS <= 5)) throw new Error('leewayS has to be from 0 to 5.')
  const remembered = createRemembered<Remembered<Claims>>(remember)
  // all tokens of a key have the same one: it is read once
  const headers = createRemembered<TokenHeader>(rememberedHeaders)

  const verifyAnew = (token: string): Verification<Claims> | Promise<Verification<Claims>> => {
    const parts = splitStrictly(token)
    const header = parts && (headers.get(parts.header) ?? readFirst(parts.header))
    if (!header || !isLongAs(header.algorithm, parts.signature)) return refused('malformed')
    const key = keys.get(header.keyId)
    if (key) return verifyWith(key, token, parts, header)
    if (!keys.find) return refused('unknown-key')
    return keys.find(header.keyId).then(found => {
      if (typeof found !== 'string') return verifyWith(found, token, parts, header)
      return refused(found === 'unknown' ? 'unknown-key' : 'keys-unavailable')
    })
  }

  const readFirst = (part: string): TokenHeader | undefined => {
    const header = readPart(part, kind.exactly)
    return header && readHeader(header, kind.isType)
  }

  const verifyWith = (key: Key, token: string, parts: Parts, header: TokenHeader): Verification<Claims> => {
    // SECURITY: a key has one algorithm, whatever the token says
    if (header.algorithm !== key.algorithm) return refused('malformed')
    // before anything in it is read: most junk ends here
    if (!isSignedWith(token, key)) return refused('bad-signature')
    if (!headers.get(parts.header)) headers.set(parts.header, header)
    const claimed = readPart(parts.claims, kind.exactly)
    if (!claimed) return refused('malformed')
    const claims = kind.readClaims(claimed)
    if (!claims) return refused('bad-claims')
    if (claims.iss !== issuer) return refused('wrong-issuer')
    if (claims.aud !== audience && !(Array.isArray(claims.aud) && claims.aud.includes(audience)))
      return refused('wrong-audience')
    return accept(token, { verification: { ok: true, claims }, key, goodUnder: undefined })
  }

  const checkTime = ({ iat, nbf = iat, exp }: TimedClaims): RefusalCode | undefined => {
    const seconds = now() / 1000
    if (seconds >= exp + leewayS) return 'expired'
    if (iat > seconds + leewayS || nbf > seconds + leewayS) return 'not-yet-valid'
    return undefined
  }

  const checkRevocation = (entry: Remembered<Claims>): RefusalCode | undefined => {
    if (!revocations) return undefined
    if (!revocations.isReliable()) return 'revocations-unknown'
    // under the version that it was looked up in before, the answer is the same
    if (entry.goodUnder === revocations.version) return undefined
    if (revocations.isRevoked(entry.verification.claims)) return 'revoked'
    entry.goodUnder = revocations.version
    return undefined
  }

  const checkUse = (token: string, entry: Remembered<Claims>): Verification<Claims> => {
    const untimely = checkTime(entry.verification.claims)
    if (untimely === 'expired') remembered.delete(token)
    const refusal = untimely ?? checkRevocation(entry)
    return refusal ? refused(refusal) : entry.verification
  }

  const accept = (token: string, entry: Remembered<Claims>): Verification<Claims> => {
    if (checkTime(entry.verification.claims) === undefined) remembered.set(token, entry)
    return checkUse(token, entry)
  }

  return {
    verify: token => {
      const known = remembered.get(token)
      // a key that its issuer has taken back opens nothing any more
      return known && keys.get(known.key.id) === known.key ? checkUse(token, known) : verifyAnew(token)
    },
  }
}
