import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createSessionId } from '@auth-pair/access-token/pair'
import { createRefreshTokenCodec } from '@auth-pair/auth-server/refresh-token'
import { createSessionStore } from '@auth-pair/auth-server/session-store'
import { Redis } from 'ioredis'

interface ManySessionsNeeds {
  readonly redisUrl: string
  readonly secret: string
  readonly count: number
  /** Where they go, as a load takes them in turn. */
  readonly file: string
}

const policy = { idleMs: 432_000_000, lifeMs: 2_592_000_000, graceMs: 30_000, maxPerUser: 100 }

/**
 * Opens sessions, each of a user of its own, and writes their first tokens as values of `Authorization`.
 * Each turns when it is presented: at its first use, and whenever a settling time has passed since, because it counts as a lost reply.
 */
export const openManySessions = async ({ redisUrl, secret, count, file }: ManySessionsNeeds): Promise<void> => {
  const redis = new Redis(redisUrl)
  const sessions = createSessionStore({ redis, policy })
  const codec = createRefreshTokenCodec(secret)
  const tokens: string[] = []
  for (let i = 0; i < count; i += 500) {
    const some = Array.from({ length: 500 }, () => ({ userId: randomUUID(), sessionId: createSessionId(0) }))
    await Promise.all(some.map(({ userId, sessionId }) => sessions.open(userId, sessionId, 'ywBxTQ Chrome on macOS')))
    tokens.push(...some.map(session => codec.encode({ ...session, transport: 'body', generation: 1 })))
  }
  redis.disconnect()
  writeFileSync(file, tokens.map(token => `Bearer ${token}\n`).join(''))
}
