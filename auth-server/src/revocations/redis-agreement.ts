import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Revocation } from '@auth-pair/access-token'
import { type Log, Problem } from '@auth-pair/service'
import type { Result } from 'ioredis'
import { fromRedis, type RedisClient } from '../redis.ts'
import { pageSize, type RevocationStore } from './revocation-store.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    raiseMark(key: string, seq: number): Result<'raised' | 'kept', Context>
  }
}

const markKey = 'revocations:applied'

/** Fail-overs of a cluster's nodes are not told apart: so much of the record is applied again after each. Milliseconds. */
const clusterOverlapMs = 600_000

/** Ends sessions in Redis, those of a session's entry or of a user's. Doing so again does no harm. */
export type EndInRedis = (revocations: readonly Revocation[]) => Promise<void>

interface AgreementNeeds {
  readonly redis: RedisClient
  readonly store: RevocationStore
  readonly endInRedis: EndInRedis
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Keeps Redis in agreement with the record. Redis can lose what it acknowledged (a fail-over, an old dump put back), and with
 * it the end of a session. A mark in Redis tells up to where it has followed the record: when it is behind, everything
 * since is ended once more, and until then no session is believed.
 */
export const createRedisAgreement = ({ redis, store, endInRedis, log, now }: AgreementNeeds) => {
  redis.defineCommand('raiseMark', {
    numberOfKeys: 1,
    lua: readFileSync(join(import.meta.dirname, 'raise-mark-1.lua'), 'utf8'),
  })
  let trusted = false
  let highest = -1
  // the lowest number that is in the record and may not have been applied
  let unapplied = Number.POSITIVE_INFINITY
  let suspect = false

  redis.on('close', () => {
    trusted = false
  })
  if (redis.isCluster) {
    for (const event of ['+node', '-node', 'node error'] as const) {
      redis.on(event, () => {
        suspect = true
      })
    }
  }

  const startOfRepair = async (mark: number): Promise<number> => {
    const from = Math.min(mark, unapplied - 1)
    return suspect ? Math.min(from, await store.before(new Date(now() - clusterOverlapMs))) : from
  }

  const raise = async (seq: number) => void (await fromRedis(redis.raiseMark(markKey, seq)))

  return {
    /** Throws `Problem('unavailable')` while Redis may hold sessions that were ended. */
    assertTrusted: (): void => {
      if (!trusted)
        throw new Problem('unavailable', { cause: new Error('Redis is not in agreement with the record yet') })
    },
    isTrusted: (): boolean => trusted,
    /** Says that an entry has been found in the record. */
    found: (seq: number): void => {
      unapplied = Math.min(unapplied, seq)
    },
    /** Makes Redis agree with the record up to `known`. Not to be called twice at once. */
    keep: async (known: number): Promise<void> => {
      const mark = Number((await fromRedis(redis.get(markKey))) ?? -1)
      const lostWrites = mark < highest
      if (lostWrites) trusted = false
      const from = await startOfRepair(mark)
      const [wasSuspect, wasUnapplied] = [suspect, unapplied]
      suspect = false
      unapplied = Number.POSITIVE_INFINITY
      try {
        const count = from < known ? await applyAgain({ store, endInRedis, from, upTo: known, onPage: raise }) : 0
        if (lostWrites)
          log.warn({ since: mark, ended: count }, 'Redis had lost writes: what was revoked since is ended again')
      } catch (error) {
        suspect ||= wasSuspect
        unapplied = Math.min(unapplied, wasUnapplied)
        throw error
      }
      highest = Math.max(mark, known, highest)
      trusted = true
    },
  }
}

/** Ends again, page by page, what the record has after `from` up to and with `upTo`. Resolves to how many entries there were. */
export const applyAgain = async ({
  store,
  endInRedis,
  from,
  upTo,
  onPage,
}: {
  readonly store: RevocationStore
  readonly endInRedis: EndInRedis
  readonly from: number
  readonly upTo: number
  /** Told up to where it has come, and by how many entries. */
  readonly onPage: (upTo: number, entries: number) => Promise<void>
}): Promise<number> => {
  let count = 0
  for (let after = from; after < upTo; ) {
    const page = await store.page(after, upTo)
    await endInRedis(page)
    count += page.length
    after = page.length < pageSize ? upTo : (page.at(-1)?.seq ?? upTo)
    await onPage(after, count)
  }
  return count
}
