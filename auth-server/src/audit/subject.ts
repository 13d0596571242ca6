import { createSecretKey } from 'node:crypto'
import { createHmacSha256 } from '@auth-pair/service'

/** The longest key of an address, in bytes: 254, more when the domain is written as DNS is asked. */
const longest = 2048

/** Keys of this capability, made of a secret that has another purpose: none of them tells of the others, or of the secret. */
export const deriveKey = (secret: string, purpose: string): Buffer =>
  Buffer.from(createHmacSha256(createSecretKey(secret, 'utf8'), 64)(`auth-pair audit ${purpose}\0`, 'latin1'), 'latin1')

/**
 * Stands for an address that belongs to no account: attempts on the same address can be told to be so, and the address cannot be
 * told. `emailKey` gives the one key of an address, whatever its case.
 */
export const createSubject = (secret: string, emailKey: (email: string) => string | undefined) => {
  const hmac = createHmacSha256(createSecretKey(deriveKey(secret, 'subject')), longest)
  return (email: string): string | null => {
    const key = emailKey(email)
    return key === undefined ? null : hmac(Buffer.from(key, 'utf8').subarray(0, longest), 'base64url')
  }
}
