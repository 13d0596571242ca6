import { hash, randomBytes } from 'node:crypto'
import { fromRedis, type RedisClient } from '../redis.ts'

/** What a code stands for. */
export interface Grant {
  readonly userId: string
  /** The session of the browser. */
  readonly parentId: string
  /** The session that the code is to open: named before, so that whoever comes second can end it whenever it is opened. */
  readonly sessionId: string
  readonly returnAddress: string
  /** SHA-256 of the verifier, in base64url (RFC 7636, section 4.2). */
  readonly challenge: string
  /** Who may redeem it; anybody with credentials and the verifier where it was not said. */
  readonly clientId: string | undefined
  /** Where the browser was, and what. */
  readonly ip: string | null
  readonly device: string | null
}

/** All throw `Problem('unavailable')` when Redis does not answer. */
export interface Codes {
  create(grant: Grant): Promise<string>
  /** What a code stands for, and whether this is its first use; undefined when it is none, or too old. */
  redeem(code: string): Promise<{ readonly grant: Grant; readonly isFirst: boolean } | undefined>
}

/** How long a code lives, and is remembered once it was used, in milliseconds. RFC 6749, section 4.1.2: at most ten minutes. */
const lifeMs = 60_000

/** Codes in Redis, under their hash: a copy of Redis redeems nothing. */
export const createCodes = (redis: RedisClient): Codes => ({
  create: async grant => {
    const code = randomBytes(32).toString('base64url')
    await fromRedis(redis.set(keyOf(code), JSON.stringify(grant), 'PX', lifeMs))
    return code
  },
  redeem: async code => {
    const key = keyOf(code)
    const text = await fromRedis(redis.get(key))
    if (text === null) return undefined
    // over all servers, and all requests at once, one of them sets it
    const isFirst = (await fromRedis(redis.set(`${key}:used`, '1', 'PX', lifeMs, 'NX'))) === 'OK'
    return { grant: JSON.parse(text) as Grant, isFirst }
  },
})

const keyOf = (code: string): string => `code:{${hash('sha256', code, 'base64url')}}`
