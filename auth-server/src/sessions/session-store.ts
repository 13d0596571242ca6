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
  /** The id of the session that its family began with: its own, unless it was opened from another. */
  readonly family: string
  /** Whether its refresh token stays the same. */
  readonly isFixed: boolean
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
  /** Whether it was opened from another one. */
  readonly isChild: boolean
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
  /** `isFixed` says that its refresh token stays the same. */
  open(userId: string, sessionId: string, about: string, isFixed?: boolean): Promise<OpenedSession>
  /** Opens a session of the same family as `parentId`; undefined when that one does not live. */
  openChild(userId: string, sessionId: string, parentId: string): Promise<OpenedSession | undefined>
  rotate(userId: string, sessionId: string, generation: number): Promise<Rotation>
  /** Takes a session down as used whose refresh token stays the same; undefined when it has ended. */
  prolong(userId: string, sessionId: string): Promise<{ readonly endsAt: number; readonly now: number } | undefined>
  list(userId: string): Promise<StoredSession[]>
  /** A session that lives; with a generation, only when its token would be answered with tokens. Turns nothing. */
  look(userId: string, sessionId: string, generation?: number): Promise<SeenSession | undefined>
  /** The ids of the sessions of its family, its own among them when it is there. */
  family(userId: string, sessionId: string): Promise<string[]>
  /** Ends a session and those that were opened from it. Gives the ids of what was there. */
  end(userId: string, sessionId: string): Promise<string[]>
  /** Ends a session with its family. Gives the ids of what was there. */
  endFamily(userId: string, sessionId: string): Promise<string[]>
  /** Ends any number of sessions, of any users, and those that were opened from them, which it gives back. Not one step. */
  endMany(sessions: readonly ToEnd[]): Promise<SessionName[]>
}

/** Whose session it is, and its id. */
export interface SessionName {
  readonly userId: string
  readonly sessionId: string
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    openSession(key: string, ...args: (string | number)[]): Result<OpenAnswer, Context>
    openChildSession(key: string, ...args: (string | number)[]): Result<OpenAnswer | ['ended'], Context>
    prolongSession(key: string, ...args: (string | number)[]): Result<ProlongAnswer, Context>
    rotateSession(key: string, ...args: (string | number)[]): Result<RotateAnswer, Context>
    listSessions(key: string, ...args: (string | number)[]): Result<string, Context>
    lookAtSession(key: string, ...args: (string | number)[]): Result<LookAnswer, Context>
    endSessions(key: string, sessionId: string, which: 'family' | 'children'): Result<string, Context>
  }
}

type OpenAnswer = ['opened', number, number, string]

type LookAnswer = ['lives', number, number, number, 0 | 1] | ['ended']

type ProlongAnswer = ['lives', number, number] | ['ended']

type RotateAnswer = ['rotated', number, number, number] | ['reused'] | ['ended']

interface SessionStoreNeeds {
  readonly redis: RedisClient
  readonly policy: SessionPolicy
  /** For tests. Without it the one clock is that of Redis. */
  readonly now?: (() => number) | undefined
}

const lua = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')

/** The most sessions that are opened from one sign-in and live: more than it has front ends that somebody uses. */
const maxChildren = 20

/** How many commands are under way at once when many sessions end. */
const batch = 200

export const createSessionStore = ({ redis, policy, now = () => Number.NaN }: SessionStoreNeeds): SessionStore => {
  const { idleMs, lifeMs, graceMs, maxPerUser } = policy
  redis.defineCommand('openSession', { numberOfKeys: 1, lua: lua('open-1.lua') })
  redis.defineCommand('openChildSession', { numberOfKeys: 1, lua: lua('open-child-1.lua') })
  redis.defineCommand('prolongSession', { numberOfKeys: 1, lua: lua('prolong-1.lua') })
  redis.defineCommand('rotateSession', { numberOfKeys: 1, lua: lua('rotate-1.lua') })
  redis.defineCommand('listSessions', { numberOfKeys: 1, lua: lua('list-1.lua') })
  redis.defineCommand('lookAtSession', { numberOfKeys: 1, lua: lua('look-1.lua') })
  redis.defineCommand('endSessions', { numberOfKeys: 1, lua: lua('end-1.lua') })
  const clock = (): number | '' => {
    const time = now()
    return Number.isNaN(time) ? '' : time
  }

  const end = async (userId: string, sessionId: string, which: 'family' | 'children'): Promise<string[]> =>
    words(await fromRedis(redis.endSessions(keyOf(userId), sessionId, which)))

  const endBefore = async (userId: string, epoch: number): Promise<void> => {
    const fields = await fromRedis(redis.hkeys(keyOf(userId)))
    // a session is of the epoch of the one that it was opened from
    const ids = fields.filter(field => !field.startsWith('.') && epochOf(field) < epoch)
    if (ids.length > 0) await fromRedis(redis.hdel(keyOf(userId), ...ids.flatMap(fieldsOf)))
  }

  const endOne = async ({ userId, sessionId, before = 0 }: ToEnd): Promise<SessionName[]> => {
    if (sessionId === undefined) await endBefore(userId, before)
    const ended = sessionId === undefined ? [] : await end(userId, sessionId, 'children')
    return ended.filter(id => id !== sessionId).map(id => ({ userId, sessionId: id }))
  }

  return {
    open: async (userId, sessionId, about, isFixed = false) => {
      const limits = [clock(), idleMs, lifeMs, maxPerUser] as const
      const answer = redis.openSession(keyOf(userId), sessionId, ...limits, about, isFixed ? 1 : 0)
      const [, endsAt, time, evicted] = await fromRedis(answer)
      return { endsAt, now: time, evicted: words(evicted) }
    },
    openChild: async (userId, sessionId, parentId) => {
      const times = [clock(), idleMs, lifeMs] as const
      const answer = redis.openChildSession(keyOf(userId), sessionId, parentId, ...times, maxChildren)
      const [kind, endsAt, time, evicted] = await fromRedis(answer)
      return kind === 'ended' ? undefined : { endsAt, now: time, evicted: words(evicted) }
    },
    rotate: async (userId, sessionId, generation) => {
      const answer = redis.rotateSession(keyOf(userId), sessionId, generation, clock(), idleMs, lifeMs, graceMs)
      const rotation = await fromRedis(answer)
      if (rotation[0] !== 'rotated') return { kind: rotation[0] }
      const [kind, next, endsAt, time] = rotation
      return { kind, generation: next, endsAt, now: time }
    },
    prolong: async (userId, sessionId) => {
      const answer = redis.prolongSession(keyOf(userId), sessionId, clock(), idleMs, lifeMs, graceMs)
      const [kind, endsAt, time] = await fromRedis(answer)
      return kind === 'ended' ? undefined : { endsAt, now: time }
    },
    list: async userId => {
      const lines = await fromRedis(redis.listSessions(keyOf(userId), clock(), idleMs, lifeMs))
      return lines.split('\n').filter(Boolean).map(toSession)
    },
    look: async (userId, sessionId, generation) => {
      const answer = redis.lookAtSession(keyOf(userId), sessionId, generation ?? '', clock(), idleMs, lifeMs, graceMs)
      const seen = await fromRedis(answer)
      if (seen[0] === 'ended') return undefined
      const [, openedAt, usedAt, endsAt, isChild] = seen
      return { openedAt, usedAt, endsAt, isChild: isChild === 1 }
    },
    family: async (userId, sessionId) => {
      const fields = await fromRedis(redis.hgetall(keyOf(userId)))
      const familyOf = (id: string): string => fields[familyField(id)] ?? id
      const family = familyOf(sessionId)
      return Object.keys(fields).filter(field => !field.startsWith('.') && familyOf(field) === family)
    },
    end: (userId, sessionId) => end(userId, sessionId, 'children'),
    endFamily: (userId, sessionId) => end(userId, sessionId, 'family'),
    endMany: async sessions => {
      const others: SessionName[] = []
      for (let i = 0; i < sessions.length; i += batch) {
        const ended = await Promise.all(sessions.slice(i, i + batch).map(endOne))
        others.push(...ended.flat())
      }
      const asked = new Set(sessions.map(({ sessionId }) => sessionId))
      return others.filter(({ sessionId }) => !asked.has(sessionId))
    },
  }
}

const keyOf = (userId: string): string => `sessions:{${userId}}`

const familyField = (sessionId: string): string => `.>${sessionId.slice(-8)}`

/** All that a session has in the hash. */
const fieldsOf = (sessionId: string): string[] => [sessionId, `.${sessionId.slice(-8)}`, familyField(sessionId)]

const words = (text: string): string[] => text.split(' ').filter(Boolean)

const toSession = (line: string): StoredSession => {
  const [sessionId = '', family = '', kind, openedAt, usedAt, endsAt, ...about] = line.split(' ')
  return {
    sessionId,
    family,
    isFixed: kind === 'fixed',
    openedAt: Number(openedAt),
    usedAt: Number(usedAt),
    endsAt: Number(endsAt),
    about: about.join(' '),
  }
}
