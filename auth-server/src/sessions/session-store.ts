import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { epochOf } from '@auth-pair/access-token/pair'
import type { Result } from 'ioredis'
import { fromRedis, type RedisClient } from '../redis.ts'
import type { SessionPolicy } from './session-policy.ts'

/** What became of a presented generation. Times are milliseconds since the epoch, by the clock of Redis. */
export type Rotation =
  | { readonly kind: 'rotated'; readonly generation: number; readonly endsAt: number; readonly now: number }
  /**
   * A retired token was presented: the session is over for everybody who holds one of its tokens. The answer stays the same
   * until `end`, so that nobody misses it when it is lost.
   */
  | { readonly kind: 'reused' }
  | { readonly kind: 'ended' }

export interface OpenedSession {
  readonly endsAt: number
  readonly now: number
  /** The sessions that made room. */
  readonly evicted: readonly string[]
}

/** What is kept of a session to show it. */
export interface StoredSession {
  readonly sessionId: string
  readonly openedAt: number
  readonly usedAt: number
  readonly endsAt: number
  /** Address and device at sign-in, with a space between. */
  readonly about: string
}

/** A session that was looked at. Times are milliseconds since the epoch, by the clock of Redis. */
export interface SeenSession {
  readonly openedAt: number
  /** When its token turned last, or the session was opened. */
  readonly usedAt: number
  readonly endsAt: number
}

/** A session to end or, without its id, the sessions of the user from before an epoch. */
export interface ToEnd {
  readonly userId: string
  readonly sessionId?: string
  readonly before?: number
}

/**
 * Refresh sessions in Redis, one hash a user. Each operation is one atomic step, and sending it again does no harm. All throw
 * `Problem('unavailable')` when Redis does not answer; whether the step was taken is then unknown.
 */
export interface SessionStore {
  open(userId: string, sessionId: string, about: string): Promise<OpenedSession>
  rotate(userId: string, sessionId: string, generation: number): Promise<Rotation>
  list(userId: string): Promise<StoredSession[]>
  has(userId: string, sessionId: string): Promise<boolean>
  /** A session that lives; with a generation, only when its token would be answered with tokens. Turns nothing. */
  look(userId: string, sessionId: string, generation?: number): Promise<SeenSession | undefined>
  /** Whether there was such a session. */
  end(userId: string, sessionId: string): Promise<boolean>
  /** Ends any number of sessions, of any users. Not one step. */
  endMany(sessions: readonly ToEnd[]): Promise<void>
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    openSession(key: string, ...args: (string | number)[]): Result<['opened', number, number, string], Context>
    rotateSession(key: string, ...args: (string | number)[]): Result<RotateAnswer, Context>
    listSessions(key: string, ...args: (string | number)[]): Result<string, Context>
    lookAtSession(key: string, ...args: (string | number)[]): Result<LookAnswer, Context>
  }
}

type LookAnswer = ['lives', number, number, number] | ['ended']
type RotateAnswer = ['rotated', number, number, number] | ['reused'] | ['ended']

interface SessionStoreNeeds {
  readonly redis: RedisClient
  readonly policy: SessionPolicy
  /** For tests. Without it the one clock is that of Redis. */
  readonly now?: (() => number) | undefined
}

const lua = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')

/** How many commands are under way at once when many sessions end. */
const batch = 200

export const createSessionStore = ({ redis, policy, now = () => Number.NaN }: SessionStoreNeeds): SessionStore => {
  const { idleMs, lifeMs, graceMs, maxPerUser } = policy
  redis.defineCommand('openSession', { numberOfKeys: 1, lua: lua('open-1.lua') })
  redis.defineCommand('rotateSession', { numberOfKeys: 1, lua: lua('rotate-1.lua') })
  redis.defineCommand('listSessions', { numberOfKeys: 1, lua: lua('list-1.lua') })
  redis.defineCommand('lookAtSession', { numberOfKeys: 1, lua: lua('look-1.lua') })
  const clock = (): number | '' => {
    const time = now()
    return Number.isNaN(time) ? '' : time
  }

  const end = async (userId: string, ...sessionIds: string[]): Promise<boolean> => {
    if (sessionIds.length === 0) return false
    const fields = sessionIds.flatMap(id => [id, aboutOf(id)])
    return (await fromRedis(redis.hdel(keyOf(userId), ...fields))) > 0
  }

  const endOne = async ({ userId, sessionId, before = 0 }: ToEnd): Promise<void> => {
    if (sessionId !== undefined) return void (await end(userId, sessionId))
    const fields = await fromRedis(redis.hkeys(keyOf(userId)))
    await end(userId, ...fields.filter(field => !field.startsWith('.') && epochOf(field) < before))
  }

  return {
    open: async (userId, sessionId, about) => {
      const answer = redis.openSession(keyOf(userId), sessionId, clock(), idleMs, lifeMs, maxPerUser, about)
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
    list: async userId => {
      const lines = await fromRedis(redis.listSessions(keyOf(userId), clock(), idleMs, lifeMs))
      return lines.split('\n').filter(Boolean).map(toSession)
    },
    has: async (userId, sessionId) => (await fromRedis(redis.hexists(keyOf(userId), sessionId))) === 1,
    look: async (userId, sessionId, generation) => {
      const answer = redis.lookAtSession(keyOf(userId), sessionId, generation ?? '', clock(), idleMs, lifeMs, graceMs)
      const seen = await fromRedis(answer)
      if (seen[0] === 'ended') return undefined
      const [, openedAt, usedAt, endsAt] = seen
      return { openedAt, usedAt, endsAt }
    },
    end: (userId, sessionId) => end(userId, sessionId),
    endMany: async sessions => {
      for (let i = 0; i < sessions.length; i += batch) await Promise.all(sessions.slice(i, i + batch).map(endOne))
    },
  }
}

const keyOf = (userId: string): string => `sessions:{${userId}}`

const aboutOf = (sessionId: string): string => `.${sessionId.slice(-8)}`

const toSession = (line: string): StoredSession => {
  const [sessionId = '', openedAt, usedAt, endsAt, ...about] = line.split(' ')
  return {
    sessionId,
    openedAt: Number(openedAt),
    usedAt: Number(usedAt),
    endsAt: Number(endsAt),
    about: about.join(' '),
  }
}
