import { randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { accessTokenAlgorithm } from './claims.ts'
import { decodeStrictly } from './decode-strictly.ts'
import { createKey } from './keys.ts'

/** The `typ` of the token by which a verifying service shows the auth-server that it holds the shared secret. */
export const verifierTokenType = 'verifier+jwt'

/** How long such a token lives, and the longest life that is accepted, in seconds. It is only needed to connect. */
const lifeS = 60
const leewayS = 5

interface VerifierTokenNeeds {
  readonly secret: string
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
}: VerifierTokenNeeds): ((service: string) => string) => {
  const { id, key } = createKey(secret)
  return service => {
    const iat = Math.floor(now() / 1000)
    const claims = { iss: service, sub: service, aud: issuer, iat, exp: iat + lifeS, jti: randomUUID() }
    const header = { alg: accessTokenAlgorithm, typ: verifierTokenType, kid: id } as const
    return jwt.sign(claims, key, { algorithm: accessTokenAlgorithm, header })
  }
}

/** Makes the function that verifies a verifier token. It gives the name of the service, or undefined. */
export const createVerifierTokenCheck = ({
  secret,
  previousSecret,
  issuer,
  now,
}: VerifierTokenNeeds & { readonly previousSecret?: string | undefined }): ((token: string) => string | undefined) => {
  const secrets = previousSecret === undefined ? [secret] : [secret, previousSecret]
  const keys = new Map(secrets.map(createKey).map(({ id, key }) => [id, key]))
  return token => {
    const decoded = decodeStrictly(token)
    const key = keys.get(String(decoded?.header.kid))
    if (!decoded || !key || decoded.header.typ !== verifierTokenType || decoded.header.crit !== undefined)
      return undefined
    try {
      // time is checked below, with this server's clock
      jwt.verify(token, key, { algorithms: [accessTokenAlgorithm], ignoreExpiration: true, ignoreNotBefore: true })
    } catch {
      return undefined
    }
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
