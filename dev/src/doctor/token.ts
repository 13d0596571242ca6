/** An access token as anybody can read it. Nothing is verified: that is for the servers. */
export interface ReadToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** The two readable parts of a JWT (RFC 7519, section 3); undefined when it is none. */
export const readToken = (token: string): ReadToken | undefined => {
  const [header, claims, signature, ...rest] = token.split('.').map(part => Buffer.from(part, 'base64url').toString())
  if (signature === undefined || rest.length > 0) return undefined
  try {
    const parts = [header, claims].map(part => JSON.parse(part ?? '') as unknown)
    if (!parts.every(part => typeof part === 'object' && part !== null)) return undefined
    const [first, second] = parts as Record<string, unknown>[]
    return { header: first ?? {}, claims: second ?? {} }
  } catch {
    return undefined
  }
}
