/** Signs access tokens, and shows the public half of the keys that do. Only the auth-server may import this. */
import { randomBytes, sign as signBytes } from 'node:crypto'
import { createHmacSha256 } from '@auth-pair/service'
import { type AccessTokenClaims, accessTokenType } from './claims.ts'
import type { Key } from './keys/key.ts'

export { createKey, createSigningKey, type Key, type PublicJwk, publicJwk } from './keys/key.ts'

export interface SignerNeeds {
  /** Of a secret, or a private one. */
  readonly key: Key
  readonly issuer: string
  readonly audience: string
}

export interface TokenToSign {
  readonly userId: string
  readonly sessionId: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whole seconds. */
  readonly lifeS: number
}

/** Longer than any token of this project, so that a verifier would refuse it. */
const longest = 4096

/**
 * Makes the function that signs an access token. Nothing personal goes in: everybody who holds a token can read it.
 *
 * Written out by hand and not with jsonwebtoken: `jwt.sign` looks at its options, header and claims anew each
 * time, and takes as long as everything else that a refresh does between Redis and the answer. A test holds both to the same tokens.
 */
export const createSigner = ({ key, issuer, audience }: SignerNeeds): ((token: TokenToSign) => string) => {
  const header = encode({ alg: key.algorithm, typ: accessTokenType, kid: key.id })
  const signatureOf = createSignature(key)
  // ids have to differ, and need not be guarded
  const ids = randomBytes(12).toString('base64url')
  let count = 0
  return ({ userId, sessionId, now, lifeS }) => {
    const iat = Math.floor(now / 1000)
    const claims: AccessTokenClaims = {
      iss: issuer,
      aud: audience,
      sub: userId,
      sid: sessionId,
      iat,
      exp: iat + lifeS,
      jti: `${ids}-${(++count).toString(36)}`,
    }
    // RFC 7515, section 7.1
    const input = `${header}.${encode(claims)}`
    return `${input}.${signatureOf(input)}`
  }
}

const createSignature = ({ algorithm, key }: Key): ((input: string) => string) => {
  if (algorithm === 'HS256') {
    const hmac = createHmacSha256(key, longest)
    return input => hmac(input, 'base64url')
  }
  // RFC 7518, section 3.4: R and S one after the other; RFC 8037, section 3.1: Ed25519 hashes by itself
  const [hash, given] = algorithm === 'ES256' ? (['sha256', { key, dsaEncoding: 'ieee-p1363' }] as const) : [null, key]
  return input => signBytes(hash, Buffer.from(input), given).toString('base64url')
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
