import { type Revocation, writeRevocation } from '@auth-pair/access-token/pair'
import type { Log } from '@auth-pair/service'
import type { From } from '../circumstances.ts'
import type { Postgres, Statement } from '../postgres.ts'
import type { RedisClient } from '../redis.ts'
import { channel } from './announcements.ts'
import { applyAgain, type EndInRedis } from './apply-again.ts'
import type { AuditInsert } from './insert-ended.ts'
import { createRevocationStore, type Reason } from './revocation-store.ts'

interface OperatorRecordNeeds {
  readonly postgres: Postgres
  readonly auditInsert: AuditInsert
  /** Undefined when Redis cannot be reached from here: the servers read the record within a second. */
  readonly redis: RedisClient | undefined
  readonly endInRedis: EndInRedis
  readonly log: Log
  /** The longest life of a session, in milliseconds. */
  readonly sessionLifeMs: number
}

/** The record as an operator's command uses it: beside the running servers, without a copy in memory. */
export const createOperatorRecord = (needs: OperatorRecordNeeds) => {
  const { postgres, auditInsert, redis, endInRedis, log, sessionLifeMs } = needs
  const store = createRevocationStore({ postgres, auditInsert, sessionLifeMs, now: Date.now })
  const tellServers = async (entry: Revocation): Promise<void> => {
    await redis?.publish(channel, writeRevocation(entry))
  }
  return {
    recordWith: async (
      change: Statement,
      values: readonly unknown[],
      reason: Reason,
      from: From,
    ): Promise<number | undefined> => {
      const entry = await store.insertWith(change, values, reason, from)
      if (entry)
        await tellServers(entry).catch(err => log.warn({ err }, 'the servers are not told, and read the record'))
      return entry?.before
    },
    /** Ends in Redis again what the record has since then, or all of it. Resolves to how many entries there were. */
    reapply: async (since: Date | undefined, onPage: (entries: number) => void): Promise<number> => {
      const from = since === undefined ? 0 : await store.before(since)
      const upTo = await store.newest()
      return applyAgain({ store, endInRedis, from, upTo, onPage: async (_upTo, entries) => onPage(entries) })
    },
  }
}
