import { createHash, createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto'

/** How a token can be signed (RFC 7518, section 3.1; RFC 8037, section 3.1; RFC 9864 for `Ed25519`, the new name of `EdDSA`). */
export const algorithms = ['HS256', 'ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'] as const
export type Algorithm = (typeof algorithms)[number]

/** A key with its one algorithm (RFC 8725, section 3.1). */
export interface Key {
  /** The `kid` that names it in a token's header. */
  readonly id: string
  readonly algorithm: Algorithm
  /** A secret, or a public or private key. */
  readonly key: KeyObject
}

/** A public key as it travels (RFC 7517, section 4). */
export interface PublicJwk {
  readonly kty: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: string[]
  /** The members that make the key (RFC 7518, section 6). */
  readonly [member: string]: unknown
}

/**
 * Makes the key of a secret, once at start: jsonwebtoken verifies more than three times as fast with a KeyObject as with a string.
 * Its id is derived from the secret, so that both sides know it without telling each other: the first 96 bits of a hash,
 * which say nothing about a secret of 32 random bytes. Throws when the secret is too short (RFC 7518, section 3.2).
 */
export const createKey = (secret: string): Key => {
  if (Buffer.byteLength(secret) < 32) throw new Error('A secret has to be at least 32 bytes long.')
  return {
    id: createHash('sha256').update('auth-pair key id\0').update(secret).digest('base64url').slice(0, 16),
    algorithm: 'HS256',
    key: createSecretKey(secret, 'utf8'),
  }
}

/** Makes the key of a private key in PEM: P-256 signs with ES256, Ed25519 with EdDSA. Throws for any other, and says what it is. */
export const createSigningKey = (pem: string): Key => {
  const key = readPrivateKey(pem)
  const algorithm = algorithmOf(key)
  if (algorithm === 'ES256' || algorithm === 'EdDSA') return { id: thumbprint(key), algorithm, key }
  throw new Error(`This one is of ${key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType}.`)
}

const readPrivateKey = (pem: string): KeyObject => {
  if (!pem.includes('-----BEGIN')) throw new Error('This has no line -----BEGIN PRIVATE KEY-----.')
  if (/(BEGIN |,)ENCRYPTED/.test(pem)) throw new Error('This one is encrypted: openssl pkey -in FILE shows it plain.')
  if (!pem.includes('PRIVATE KEY')) throw new Error('This is the public half, or a certificate.')
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Error('This one cannot be read: is all of it there, with its line breaks?')
  }
}

/** Makes a key that verifies, of a public key in PEM, as a JWK or as a KeyObject. Throws when it is none; a private one in PEM or
 * as a JWK is a mistake, and throws too. */
export const createVerifyingKey = (given: string | PublicJwk | KeyObject): Key => {
  const { kid, alg } = isJwk(given) ? given : ({} as PublicJwk)
  const key = toPublicKey(given)
  const algorithm = algorithmOf(key, alg)
  if (algorithm === undefined) throw new Error('This kind of public key is not supported.')
  return { id: kid ?? thumbprint(key), algorithm, key }
}

/** The public half of a private key, as `/.well-known/jwks.json` shows it. */
export const publicJwk = ({ id, algorithm, key }: Key): PublicJwk => ({
  ...(publicHalf(key).export({ format: 'jwk' }) as { kty: string }),
  kid: id,
  alg: algorithm,
  use: 'sig',
})

const isJwk = (given: string | PublicJwk | KeyObject): given is PublicJwk =>
  typeof given === 'object' && !(given instanceof KeyObject)

const toPublicKey = (given: string | PublicJwk | KeyObject): KeyObject => {
  if (given instanceof KeyObject) {
    if (given.type === 'secret') throw new Error('A secret is not a public key.')
    return publicHalf(given)
  }
  // SECURITY: what a private key is shown to has it; the mistake is not covered up
  if (typeof given === 'string' ? given.includes('PRIVATE KEY') : 'd' in given || given.kty === 'oct')
    throw new Error('This is not a public key: only its owner may hold a private one.')
  return typeof given === 'string' ? createPublicKey(given) : createPublicKey({ key: given, format: 'jwk' })
}

const publicHalf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key)

/** The one algorithm of a key: what it was made for, as far as its kind allows that. */
const algorithmOf = ({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject, said?: string) => {
  const possible: readonly Algorithm[] =
    type === 'ec' && details?.namedCurve === 'prime256v1'
      ? ['ES256']
      : type === 'ed25519'
        ? ['EdDSA', 'Ed25519']
        : type === 'rsa' && (details?.modulusLength ?? 0) >= 2048 // RFC 7518, section 3.3
          ? ['RS256', 'PS256']
          : []
  return said === undefined ? possible[0] : possible.find(algorithm => algorithm === said)
}

/** RFC 7638, section 3: the hash of the members that make the key, in the order of their names. */
const thumbprint = (key: KeyObject): string => {
  const { crv, e, kty, n, x, y } = publicHalf(key).export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url')
}
