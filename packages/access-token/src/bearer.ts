import type { IncomingMessage } from 'node:http'

/** What a request brought along to show who sends it. */
export type PresentedToken =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** More than one: refused rather than guessed at. */
  | { readonly kind: 'several' }
  /** Not of the form of RFC 6750. */
  | { readonly kind: 'malformed' }

// RFC 6750, section 2.1. RFC 9110, section 11.1: the case of the scheme does not matter
const bearer = /^bearer (\S+)$/i

/**
 * Reads the Bearer token of the `Authorization` header, and of nothing else: a token in an address or a form ends up in
 * logs and histories (RFC 9700, section 4.3.2). Another scheme is no token for us.
 */
export const bearerToken = (req: IncomingMessage): PresentedToken => {
  const { authorization } = req.headers
  if (authorization === undefined) return { kind: 'none' }
  // Node keeps the first one and drops the others silently
  if (req.rawHeaders.filter(isAuthorizationName).length > 1) return { kind: 'several' }
  const token = bearer.exec(authorization)?.[1]
  if (token !== undefined) return { kind: 'token', token }
  return /^bearer\b/i.test(authorization) ? { kind: 'malformed' } : { kind: 'none' }
}

/** Whether an entry of a flat list of names and values is the name `Authorization`. */
const isAuthorizationName = (entry: string, i: number): boolean =>
  i % 2 === 0 && entry.length === 13 && entry.toLowerCase() === 'authorization'
