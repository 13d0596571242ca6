import { hash, type KeyObject } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32

/**
 * The HMAC of bytes, or of a text of which each character is one byte (`latin1`); it is itself such a text, or in base64url.
 * Throws for a message that is longer than was said.
 */
export type HmacSha256 = (message: Uint8Array | string, encoding: 'latin1' | 'base64url') => string

/**
 * HMAC-SHA-256 with one key for many short messages, composed of two hashes as RFC 2104, section 2, defines it. `createHmac`
 * comes to the same through an object for each message, which costs three times as much as the hashing.
 */
export const createHmacSha256 = (key: KeyObject, longest: number): HmacSha256 => {
  const secret = key.export()
  const block = Buffer.alloc(blockBytes)
  block.set(secret.length > blockBytes ? hash('sha256', secret, 'buffer') : secret)
  // each message passes through the same bytes: one at a time, and nothing waits in between
  const inner = Buffer.alloc(blockBytes + longest)
  inner.set(block.map(byte => byte ^ 0x36))
  const outer = Buffer.alloc(blockBytes + digestBytes)
  outer.set(block.map(byte => byte ^ 0x5c))

  return (message, encoding) => {
    if (message.length > longest) throw new Error(`This message is longer than ${longest} bytes.`)
    if (typeof message === 'string') inner.write(message, blockBytes, 'latin1')
    else inner.set(message, blockBytes)
    outer.write(hash('sha256', inner.subarray(0, blockBytes + message.length), 'latin1'), blockBytes, 'latin1')
    return hash('sha256', outer, encoding)
  }
}
