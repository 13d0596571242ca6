import type { AccessTokenClaims } from '../claims.ts'

/** What the auth-server says of a token (RFC 7662, section 2.2). */
export type Answer = { readonly active: false } | { readonly active: true; readonly claims: ActiveClaims }

/** The claims of an active token; one that never expires has no `exp`. */
export type ActiveClaims = Omit<AccessTokenClaims, 'exp' | 'nbf'> & { readonly exp?: number }

/**
 * Reads an introspection response. Throws when it is none, or an active token lacks what the auth-server says of every one: then
 * nothing is known about the token. Members that are not known are let pass.
 */
export const readAnswer = (text: string): Answer => {
  const value = parse(text)
  if (typeof value !== 'object' || value === null || !('active' in value)) throw new Error(noAnswer)
  if (value.active === false) return { active: false }
  if (value.active !== true) throw new Error(noAnswer)
  return { active: true, claims: readClaims(value) }
}

const noAnswer = 'This is no introspection response (RFC 7662).'

/** SECURITY: what JSON.parse says holds a part of the text, and that is for nobody's log. */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(noAnswer)
  }
}

const readClaims = ({ iss, aud, sub, sid, jti, iat, exp, scope }: Record<string, unknown>): ActiveClaims => {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  const isComplete =
    [iss, sub, sid, jti, ...audiences].every(isFilledString) &&
    audiences.length > 0 &&
    isTime(iat) &&
    (exp === undefined || isTime(exp)) &&
    (scope === undefined || typeof scope === 'string')
  if (!isComplete) throw new Error('The introspection response lacks a member of an active token.')
  const claims = { iss, aud: Array.isArray(aud) ? Object.freeze(aud) : aud, sub, sid, jti, iat }
  return { ...claims, ...(exp !== undefined && { exp }), ...(scope !== undefined && { scope }) } as ActiveClaims
}

const isFilledString = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
