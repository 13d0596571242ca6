/** The three parts of a token in the compact form (RFC 7515, section 7.1), as they stand in it. */
export interface Parts {
  readonly header: string
  readonly claims: string
  readonly signature: string
}

export type Json = Readonly<Record<string, unknown>>

/** Longer tokens are refused unread. Those of the auth-server have about 450 characters. */
const maxLength = 4096

/** The parts of a token, when there are three and the signature is written in the one way that base64url allows. */
export const splitStrictly = (token: string): Parts | undefined => {
  if (token.length > maxLength) return undefined
  const parts = token.split('.', 4)
  if (parts.length !== 3) return undefined
  const [header, claims, signature] = parts as [string, string, string]
  return fromBase64url(signature) && { header, claims, signature }
}

/**
 * Reads a part without believing it. Undefined for whatever is not an object in canonical base64url: other encodings of a valid
 * token would be second names for it (RFC 8725, section 2.4). With `exactly`, also for whatever a signer of this project would
 * not have written in exactly these characters: repeated members mean one thing to one reader and another to the next.
 */
export const readPart = (part: string, exactly: boolean): Json | undefined => {
  const text = fromBase64url(part)?.toString('utf8')
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return !exactly || JSON.stringify(value) === text ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** Header and claims of a token as this project writes them. */
export const decodeStrictly = (token: string): { readonly header: Json; readonly claims: Json } | undefined => {
  const parts = splitStrictly(token)
  const header = parts && readPart(parts.header, true)
  const claims = header && readPart(parts.claims, true)
  return claims && { header, claims }
}

const fromBase64url = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined
}
