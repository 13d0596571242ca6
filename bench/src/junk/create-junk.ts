import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { makeTokens, type Signing } from '../restricted/write-tokens.ts'

/** Tokens that are refused, by what is wrong with them. */
export const junkKinds = ['malformed', 'unknown key', 'bad signature', 'expired'] as const
export type JunkKind = (typeof junkKinds)[number]
export type Junk = Readonly<Record<JunkKind, readonly string[]>>

/** As many of each kind, all different. */
const count = 500

/** Makes junk for those who verify such tokens: as long as good ones, and from random bytes to what was good an hour ago. */
export const createJunk = (signing: Signing): Junk => {
  const [sample = ''] = makeTokens(signing, 1)
  const times = <T>(make: () => T): T[] => Array.from({ length: count }, make)
  return {
    malformed: times(() => randomBytes(sample.length).toString('base64url').slice(0, sample.length)),
    'unknown key': makeTokens({ ...signing, secret: randomBytes(48).toString('base64') }, count),
    'bad signature': makeTokens(signing, count).map(
      token => token.slice(0, token.lastIndexOf('.') + 1) + randomBytes(32).toString('base64url'),
    ),
    expired: times(() => resign(signing, sample, { sub: randomUUID(), iat: 1_700_000_000, exp: 1_700_000_300 })),
  }
}

/** The same token with other claims, signed as it was. */
const resign = ({ secret }: Signing, token: string, claims: object): string => {
  const [header = '', payload = ''] = token.split('.')
  const before: object = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const input = `${header}.${Buffer.from(JSON.stringify({ ...before, ...claims })).toString('base64url')}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
