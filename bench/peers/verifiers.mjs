/** Ways to verify a token of HS256, for one process: each takes a token, and throws or rejects when it is not good. */
import { createSecretKey } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jwt from 'jsonwebtoken'

export const createVerifiers = ({ secret, issuer, audience }) => {
  const key = createSecretKey(Buffer.from(secret))
  const options = { algorithms: ['HS256'], issuer, audience }
  const fast = { key: secret, algorithms: ['HS256'], allowedIss: issuer, allowedAud: audience }
  return {
    anew: {
      'jsonwebtoken, KeyObject': token => jwt.verify(token, key, options),
      'jsonwebtoken, string': token => jwt.verify(token, secret, options),
      'jose, KeyObject': token => jwtVerify(token, key, options),
      'fast-jwt': createVerifier(fast),
    },
    remembering: { 'fast-jwt, remembered in its cache': createVerifier({ ...fast, cache: 10_000 }) },
  }
}
