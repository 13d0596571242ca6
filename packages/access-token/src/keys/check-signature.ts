import { verify } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Key } from './key.ts'

/**
 * Whether a token that was decoded strictly is signed with this key, by the key's own algorithm and no other. Time is not looked
 * at. jsonwebtoken does it but for Ed25519, which it does not know: there the signature is over the bytes of the first two
 * parts (RFC 7515, section 5.2), and Node verifies it (RFC 8037, section 3.1).
 */
export const isSignedWith = (token: string, { algorithm, key }: Key): boolean => {
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') {
    const dot = token.lastIndexOf('.')
    return verify(null, Buffer.from(token.slice(0, dot)), key, Buffer.from(token.slice(dot + 1), 'base64url'))
  }
  try {
    jwt.verify(token, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true })
    return true
  } catch {
    return false
  }
}
