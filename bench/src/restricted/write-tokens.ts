import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createSessionId } from '@auth-pair/access-token/pair'
import { createKey, createSigner } from '@auth-pair/access-token/sign'

/** Who signs, and for whom. */
export interface Signing {
  readonly secret: string
  readonly issuer: string
  readonly audience: string
}

/** Valid for an hour, each of another user. */
export const makeTokens = ({ secret, issuer, audience }: Signing, count: number): string[] => {
  const sign = createSigner({ key: createKey(secret), issuer, audience })
  const one = () => sign({ userId: randomUUID(), sessionId: createSessionId(0), now: Date.now(), lifeS: 3600 })
  return Array.from({ length: count }, one)
}

/** Writes values of a header for a load that takes them in turn. */
export const writeValues = (file: string, values: readonly string[]): string => {
  writeFileSync(file, `${values.join('\n')}\n`)
  return file
}

export const bearer = (token: string): string => `Bearer ${token}`
