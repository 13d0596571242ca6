/** Signs access tokens. Only the auth-server may import this. */
import { randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { type AccessTokenClaims, accessTokenAlgorithm, accessTokenType } from './claims.ts'
import type { Key } from './keys.ts'

export interface SignerNeeds {
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

/** Makes the function that signs an access token. Nothing personal goes in: everybody who holds a token can read it. */
export const createSigner =
  ({ key, issuer, audience }: SignerNeeds) =>
  ({ userId, sessionId, now, lifeS }: TokenToSign): string => {
    const iat = Math.floor(now / 1000)
    const claims: AccessTokenClaims = {
      iss: issuer,
      aud: audience,
      sub: userId,
      sid: sessionId,
      iat,
      exp: iat + lifeS,
      jti: randomUUID(),
    }
    const header = { alg: accessTokenAlgorithm, typ: accessTokenType, kid: key.id } as const
    return jwt.sign(claims, key.key, { algorithm: accessTokenAlgorithm, header })
  }
