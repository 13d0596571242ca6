/**
 * The record of revocations: sessions and users' sessions that ended before their time. It is written in PostgreSQL, held in
 * memory by every auth-server, told to verifying services as a stream, and Redis is made to agree with it. It knows ids, epochs
 * and numbers, and nothing of accounts, tokens or cookies.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Revocations } from '@auth-pair/access-token'
import { createRevocationList, type Revocation } from '@auth-pair/access-token/pair'
import { type Log, Problem, type Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { From } from '../circumstances.ts'
import type { Postgres, Statement } from '../postgres.ts'
import type { RedisClient } from '../redis.ts'
import { createAnnouncements } from './announcements.ts'
import type { EndInRedis } from './apply-again.ts'
import { createCatchUp } from './catch-up.ts'
import { createFeed } from './feed.ts'
import { feedRoute } from './feed-route.ts'
import { startForgetting } from './forget.ts'
import type { AuditInsert } from './insert-ended.ts'
import { createPending } from './pending.ts'
import { createRedisAgreement } from './redis-agreement.ts'
import { createRevocationStore, type Ended, type Reason, tokenLifeMs } from './revocation-store.ts'

export { createOperatorRecord } from './operator-record.ts'
export type { Ended, Reason } from './revocation-store.ts'

export interface RevocationRecord {
  /** For verifying tokens and sessions. */
  readonly revocations: Revocations
  /** Throws `Problem('unavailable')` while Redis may hold sessions that were ended. */
  readonly assertSessionsTrusted: () => void
  /** Tells everybody that these sessions, which are no longer in Redis, have ended, and records it: now, or when PostgreSQL is back. */
  readonly ended: (ended: readonly Ended[]) => Promise<void>
  /** Records that these sessions have ended, and tells everybody. Throws `Problem('unavailable')` when PostgreSQL is away. */
  readonly record: (ended: readonly Ended[]) => Promise<void>
  /** Records that the sessions of a user have ended in one statement with the change that ends them, and tells everybody. */
  readonly recordWith: (
    change: Statement,
    values: readonly unknown[],
    reason: Reason,
    from: From,
  ) => Promise<Revocation | undefined>
  /**
   * The same for a change that ends what is named like a session and is in no Redis: it returns `user_id` and `session_id`. Whether
   * it ended anything.
   */
  readonly recordEndedBy: (
    change: Statement,
    values: readonly unknown[],
    reason: Reason,
    from: From,
  ) => Promise<boolean>
  readonly routes: readonly Route[]
  /** Whether the record is in memory and Redis agrees with it. */
  readonly ready: () => boolean
  /** Begins to read the record, and goes on until `close`. */
  readonly start: () => void
  /** Ends the streams. */
  readonly drain: () => void
  readonly close: () => Promise<void>
}

interface RecordNeeds {
  readonly postgres: Postgres
  readonly auditInsert: AuditInsert
  readonly redis: RedisClient
  readonly log: Log
  readonly endInRedis: EndInRedis
  /** The longest life of a session, in milliseconds. */
  readonly sessionLifeMs: number
  /** The guard of the stream, which lets verifying services in. */
  readonly verifiersOnly: RequestHandler
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** How long the record is waited for, in milliseconds. */
const patienceMs = 250

export const createRevocations = (needs: RecordNeeds): RevocationRecord => {
  const { postgres, auditInsert, redis, log, sessionLifeMs, now } = needs
  // whatever the number: none of them may be forgotten here
  const list = createRevocationList({ now, limit: Number.POSITIVE_INFINITY })
  const store = createRevocationStore({ postgres, auditInsert, sessionLifeMs, now })
  const pending = createPending({ redis, log, record: store.insert })
  const agreement = createRedisAgreement({ redis, store, endInRedis: needs.endInRedis, log, now })
  const catchUp = createCatchUp({
    store,
    pending,
    agreement,
    log,
    onFound: entries => learn(entries),
    onStep: () => feed.checkpoint(),
    now,
  })
  const { isLoaded, isFresh, known } = catchUp
  const isInformed = () => isFresh() || announcements.isSubscribed()
  const feed = createFeed({ isLoaded, isInformed, isFresh, known, tokenLifeMs, now })
  const learn = (entries: readonly Revocation[]) => {
    for (const entry of entries) list.add(entry)
    feed.tell(entries)
  }
  const announcements = createAnnouncements({ redis, log, onHeard: learn })
  const stopForgetting = startForgetting(list, store)
  redis.on('ready', catchUp.onRedisReady)

  const tell = async (entries: readonly Revocation[]): Promise<void> => {
    if (entries.length === 0) return
    learn(entries)
    await announcements.announce(entries)
  }

  const withoutNumber = ({ userId, sessionId }: Ended): Revocation => ({
    userId,
    sessionId,
    at: now(),
    until: now() + tokenLifeMs,
  })

  return {
    revocations: {
      get version() {
        return list.version
      },
      isRevoked: list.isRevoked,
      isReliable: catchUp.isLoaded,
    },
    assertSessionsTrusted: agreement.assertTrusted,
    ended: async ended => {
      if (ended.length === 0) return
      const recorded = catchUp.isAway() ? Promise.resolve(undefined) : store.insert(ended).catch(unavailable)
      const entries = await Promise.race([recorded, wait(patienceMs, undefined, { ref: false })])
      await tell(entries ?? ended.map(withoutNumber))
      // it may still be recorded: then it is so twice, and once in the record
      if (entries === undefined) await pending.push(ended.map(entry => ({ ...entry, at: now() })))
    },
    record: async ended => {
      if (ended.length > 0) await tell(await store.insert(ended))
    },
    recordWith: async (change, values, reason, from) => {
      const entry = await store.insertWith(change, values, reason, from)
      if (!entry) return undefined
      await tell([entry])
      // recorded and told it is in effect; Redis follows as soon as it is back
      await needs.endInRedis([entry]).catch(unavailable)
      return entry
    },
    recordEndedBy: async (...end) => {
      const entries = await store.insertEndedBy(...end)
      await tell(entries)
      return entries.length > 0
    },
    routes: [feedRoute({ feed, guard: needs.verifiersOnly, log })],
    ready: () => catchUp.isLoaded() && agreement.isTrusted(),
    start: catchUp.start,
    drain: feed.close,
    close: async () => {
      feed.close()
      stopForgetting()
      announcements.close()
      await catchUp.stop()
    },
  }
}

const unavailable = (error: unknown): undefined => {
  if (error instanceof Problem && error.code === 'unavailable') return undefined
  throw error
}
