import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis, Result } from 'ioredis'
import { fromRedis } from '../redis.ts'
import type { SessionPolicy } from './session-policy.ts'

/** What became of a presented generation. Times are milliseconds since the epoch, by the clock of Redis. */
export type Rotation =
  | { readonly kind: 'rotated'; readonly generation: number; readonly endsAt: number; readonly now: number }
  /** A retired token was presented: the session is over for everybody who holds one of its tokens. */
  | { readonly kind: 'reused' }
  | { readonly kind: 'ended' }

export interface OpenedSession {
  readonly endsAt: number
  readonly now: number
  /** The sessions that made room. */
  readonly evicted: readonly string[]
}

/**
 * Refresh sessions in Redis, one hash a user. Each operation is one atomic step, and sending it again does no harm. All throw
 * `Problem('unavailable')` when Redis does not answer; whether the step was taken is then unknown.
 */
export interface SessionStore {
  open(userId: string, sessionId: string): Promise<OpenedSession>
  rotate(userId: string, sessionId: string, generation: number): Promise<Rotation>
  end(userId: string, sessionId: string): Promise<void>
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    openSession(key: string, ...args: (string | number)[]): Result<['opened', number, number, string], Context>
    rotateSession(key: string, ...args: (string | number)[]): Result<RotateAnswer, Context>
  }
}

type RotateAnswer = ['rotated', number, number, number] | ['reused'] | ['ended']

interface SessionStoreNeeds {
  readonly redis: Redis
  readonly policy: SessionPolicy
  /** For tests. Without it the one clock is that of Redis. */
  readonly now?: (() => number) | undefined
}

const lua = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')

export const createSessionStore = ({ redis, policy, now = () => Number.NaN }: SessionStoreNeeds): SessionStore => {
  const { idleMs, lifeMs, graceMs, maxPerUser } = policy
  redis.defineCommand('openSession', { numberOfKeys: 1, lua: lua('open-1.lua') })
  redis.defineCommand('rotateSession', { numberOfKeys: 1, lua: lua('rotate-1.lua') })
  const clock = (): number | '' => {
    const time = now()
    return Number.isNaN(time) ? '' : time
  }

  return {
    open: async (userId, sessionId) => {
      const answer = redis.openSession(keyOf(userId), sessionId, clock(), idleMs, lifeMs, maxPerUser)
      const [, endsAt, time, evicted] = await fromRedis(answer)
      return { endsAt, now: time, evicted: evicted.split(' ').filter(Boolean) }
    },
    rotate: async (userId, sessionId, generation) => {
      const answer = redis.rotateSession(keyOf(userId), sessionId, generation, clock(), idleMs, lifeMs, graceMs)
      const rotation = await fromRedis(answer)
      if (rotation[0] !== 'rotated') return { kind: rotation[0] }
      const [kind, next, endsAt, time] = rotation
      return { kind, generation: next, endsAt, now: time }
    },
    end: async (userId, sessionId) => {
      await fromRedis(redis.hdel(keyOf(userId), sessionId))
    },
  }
}

const keyOf = (userId: string): string => `sessions:{${userId}}`
