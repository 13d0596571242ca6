import { randomBytes } from 'node:crypto'

/**
 * The form of API tokens: `ap_`, 32 random bytes in base64url, and the CRC-32 of all that in six digits of base62, as GitHub's tokens
 * have it. By the prefix a scanner of repositories finds a token that was left in one; by the checksum it, and every verifier, tells a
 * token from what only looks like it without asking anybody. The checksum is no signature: anybody can make a token of this form.
 */
export const apiTokenPrefix = 'ap_'

const form = /^ap_[\w-]{43}[\dA-Za-z]{6}$/
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const checksumLength = 6
export const apiTokenLength = apiTokenPrefix.length + 43 + checksumLength

/** Whether a text has the form of an API token, and its checksum is right. Whether it is one, the auth-server alone knows. */
export const isApiToken = (text: string): boolean =>
  form.test(text) && text.endsWith(checksum(text.slice(0, -checksumLength)))

/** Makes an API token. SECURITY: whoever holds it can use it; it is kept as a hash, and shown once. */
export const createApiToken = (): string => {
  const unchecked = `${apiTokenPrefix}${randomBytes(32).toString('base64url')}`
  return `${unchecked}${checksum(unchecked)}`
}

const checksum = (text: string): string => {
  let rest = crc32(text)
  let written = ''
  for (let i = 0; i < checksumLength; i++) {
    written = `${digits[rest % digits.length]}${written}`
    rest = Math.floor(rest / digits.length)
  }
  return written
}

/** What `zlib.crc32` computes, which the first versions of Node 20 do not have. */
const crc32 = (text: string): number => {
  let crc = -1
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1))
  }
  return ~crc >>> 0
}
