import type { AccessTokenClaims } from './claims.ts'

export interface Decoded {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<keyof AccessTokenClaims, unknown>>
}

/** Longer tokens are refused unread. Those of the auth-server have about 450 characters. */
const maxLength = 4096

/**
 * Reads a token's parts without believing them. Undefined for whatever a signer of this project would not have written in
 * exactly these characters: other encodings of a valid token would be second names for it (RFC 8725, section 2.4), and
 * repeated members mean one thing to one reader and another to the next.
 */
export const decodeStrictly = (token: string): Decoded | undefined => {
  if (token.length > maxLength) return undefined
  const parts = token.split('.', 4)
  if (parts.length !== 3) return undefined
  const [header, claims, signature] = parts as [string, string, string]
  // 32 bytes in base64url without padding
  if (signature.length !== 43 || fromBase64url(signature) === undefined) return undefined
  const decoded = { header: fromJson(header), claims: fromJson(claims) }
  return decoded.header && decoded.claims ? (decoded as Decoded) : undefined
}

const fromBase64url = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined
}

const fromJson = (part: string): object | undefined => {
  const text = fromBase64url(part)?.toString('utf8')
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
