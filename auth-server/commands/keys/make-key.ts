import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createKey, createSigningKey } from '@auth-pair/access-token/sign'

/** What the auth-server can sign with. */
export const kinds = ['HS256', 'ES256', 'EdDSA'] as const
export type Kind = (typeof kinds)[number]

/** A secret or private key that is in force nowhere yet. */
export interface FreshKey {
  readonly kind: Kind
  readonly kid: string
  /** The secret, or the private key in PEM (PKCS #8). */
  readonly value: string
  /** The same as the value of a line of `.env`: a PEM in quotes, with `\n` for its line breaks. */
  readonly line: string
}

export const makeKey = (kind: Kind): FreshKey => {
  if (kind === 'HS256') {
    const value = randomBytes(48).toString('base64')
    return { kind, kid: createKey(value).id, value, line: value }
  }
  const value = newPem(kind)
  return { kind, kid: createSigningKey(value).id, value, line: `"${value.trim().replaceAll('\n', '\\n')}"` }
}

const newPem = (kind: 'ES256' | 'EdDSA'): string => {
  const encodings = {
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  } as const
  return kind === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256', ...encodings }).privateKey
    : generateKeyPairSync('ed25519', encodings).privateKey
}
