import type { Json } from './decode-strictly.ts'
import { type Algorithm, algorithms } from './keys/key.ts'

/** What a token's header says of how it was signed. Not believed before the signature was checked. */
export interface TokenHeader {
  readonly algorithm: Algorithm
  readonly keyId: string
}

/** The length of a signature in base64url, where the algorithm has one. */
const signatureLengths: Partial<Record<Algorithm, number>> = { HS256: 43, ES256: 86, EdDSA: 86, Ed25519: 86 }

/** Whether a signature has the length that the algorithm gives it. */
export const isLongAs = (algorithm: Algorithm, signature: string): boolean =>
  signature.length === (signatureLengths[algorithm] ?? signature.length)

/**
 * Reads a header. RFC 9068, section 4: `typ` comes with or without its prefix. RFC 7515, section 4.1.11: an extension that has to be
 * understood is not understood here. Members that bring a key along are not looked at.
 */
export const readHeader = (
  { alg, typ, kid, crit }: Json,
  isType: (typ: string | undefined) => boolean,
): TokenHeader | undefined => {
  const algorithm = algorithms.find(known => known === alg)
  // looked up by what it is: made a string, an object of the client's would have its own say
  if (algorithm === undefined || crit !== undefined || typeof kid !== 'string') return undefined
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  if (!isType(type) || (typ !== undefined && type === undefined)) return undefined
  return { algorithm, keyId: kid }
}
