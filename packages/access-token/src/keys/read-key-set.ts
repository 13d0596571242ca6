import { createVerifyingKey, type Key, type PublicJwk } from './key.ts'

/** More than any issuer has. */
const maxKeys = 100

/**
 * The keys of a JWK Set (RFC 7517, section 5) that verify signatures in a way that is known here; others are let pass, as the
 * RFC says. Throws when it is no key set. SECURITY: a key without an id could be meant by any token, and is left out.
 */
export const readKeySet = (text: string): Key[] => {
  const value: unknown = JSON.parse(text)
  const keys: unknown = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined
  if (!Array.isArray(keys) || keys.length > maxKeys) throw new Error('This is not a key set.')
  return keys.flatMap(toKey)
}

const toKey = (jwk: PublicJwk): Key[] => {
  const usable =
    typeof jwk === 'object' &&
    jwk !== null &&
    typeof jwk.kid === 'string' &&
    (jwk.use === undefined || jwk.use === 'sig') &&
    (jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify')))
  if (!usable) return []
  try {
    return [createVerifyingKey(jwk)]
  } catch {
    return []
  }
}
