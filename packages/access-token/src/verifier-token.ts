import { randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { decodeStrictly } from './decode-strictly.ts'
import { isSignedWith } from './keys/check-signature.ts'
import { createKey } from './keys/key.ts'

/** The `typ` of the token by which a verifying service shows the auth-server that it holds the shared secret. */
export const verifierTokenType = 'verifier+jwt'

/** How long such a token lives, and the longest life that is accepted, in seconds. It is only needed to connect. */
const lifeS = 60
const leewayS = 5

interface VerifierTokenNeeds {
  /** The issuer of access tokens: who the token is for. */
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Makes the function that signs a verifier token: a client assertion (RFC 7523, section 3) with the shared secret. Its `typ`
 * keeps it from passing for an access token, and an access token from passing for it (RFC 8725, section 3.11).
 */
export const createVerifierTokenSigner = ({
  secret,
  issuer,
  now,
}: VerifierTokenNeeds & { readonly secret: string }): ((service: string) => string) => {
  const { id, algorithm, key } = createKey(secret)
  return service => {
    const iat = Math.floor(now() / 1000)
    const claims = { iss: service, sub: service, aud: issuer, iat, exp: iat + lifeS, jti: randomUUID() }
    const header = { alg: algorithm, typ: verifierTokenType, kid: id } as const
    return jwt.sign(claims, key, { algorithm: 'HS256', header })
  }
}

/** Makes the function that verifies a verifier token. It gives the name of the service, or undefined. */
export const createVerifierTokenCheck = ({
  secrets,
  issuer,
  now,
}: VerifierTokenNeeds & { readonly secrets: readonly string[] }): ((token: string) => string | undefined) => {
  const keys = new Map(secrets.map(createKey).map(key => [key.id, key]))
  return token => {
    const decoded = decodeStrictly(token)
    const kid = decoded?.header.kid
    const key = typeof kid === 'string' ? keys.get(kid) : undefined
    if (!decoded || !key || decoded.header.typ !== verifierTokenType || decoded.header.crit !== undefined)
      return undefined
    // time is checked below, with this server's clock
    if (decoded.header.alg !== key.algorithm || !isSignedWith(token, key)) return undefined
    const { aud, sub, iat, exp } = decoded.claims
    const seconds = now() / 1000
    const timely =
      typeof iat === 'number' &&
      typeof exp === 'number' &&
      exp - iat <= lifeS &&
      seconds < exp + leewayS &&
      iat <= seconds + leewayS
    return timely && aud === issuer && typeof sub === 'string' && sub.length <= 64 ? sub : undefined
  }
}
