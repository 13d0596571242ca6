import { createHmac, timingSafeEqual, verify } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Key } from './key.ts'

/**
 * Whether a token that was decoded strictly is signed with this key, by the key's own algorithm and no other. Time is not looked
 * at. jsonwebtoken does it where one signature costs more than all else; it decodes the token a second time, and a junk token costs it
 * an exception. Where that would be the greater part (HS256), and for Ed25519, which it does not know, Node is asked directly.
 */
export const isSignedWith = (token: string, { algorithm, key }: Key): boolean => {
  if (algorithm === 'HS256' || algorithm === 'EdDSA' || algorithm === 'Ed25519') {
    // RFC 7515, section 5.2: what is signed are the first two parts, as they stand there
    const dot = token.lastIndexOf('.')
    const [input, signature] = [token.slice(0, dot), Buffer.from(token.slice(dot + 1), 'base64url')]
    // RFC 8037, section 3.1: Ed25519 hashes by itself
    if (algorithm !== 'HS256') return verify(null, Buffer.from(input), key, signature)
    const expected = createHmac('sha256', key).update(input).digest()
    return signature.length === expected.length && timingSafeEqual(signature, expected)
  }
  try {
    jwt.verify(token, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true })
    return true
  } catch {
    return false
  }
}
