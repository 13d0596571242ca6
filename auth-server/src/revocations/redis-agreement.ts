import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import type { Result } from 'ioredis'
import { fromRedis, type RedisClient } from '../redis.ts'
import { applyAgain, type EndInRedis } from './apply-again.ts'
import type { RevocationStore } from './revocation-store.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    raiseMark(key: string, from: number, to: number): Result<'raised' | 'kept' | 'lost', Context>
  }
}

const markKey = 'revocations:applied'

/**
 * How much of the record is applied again after every break, in milliseconds. The mark does not tell everything: a number that
 * became visible late was ended after the mark had passed it, and the nodes of a cluster fail over one by one.
 */
const overlapMs = 600_000

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
  const dueToSay = atMostEvery(10_000)
  let trusted = false
  let breaks = 0
  /** The highest mark that was seen. */
  let highest = -1
  /** The lowest number that is in the record and may not have been applied. */
  let unapplied = Number.POSITIVE_INFINITY
  let isAfterBreak = false
  let turn: Promise<void> = Promise.resolve()

  const onBreak = () => {
    breaks++
    isAfterBreak = true
  }
  redis.on('close', () => {
    trusted = false
    onBreak()
  })
  if (redis.isCluster) for (const event of ['+node', '-node', 'node error'] as const) redis.on(event, onBreak)

  /** Where to begin, the mark being where it is. What memory holds covers a short overlap too, so it may be left for later. */
  const startAt = async (mark: number): Promise<number> => {
    const from = Math.min(mark, unapplied - 1)
    if (!isAfterBreak) return from
    const seq = await store.before(new Date(now() - overlapMs)).catch(() => undefined)
    if (seq !== undefined) isAfterBreak = false
    return Math.min(from, seq ?? from)
  }

  /** Redis is ahead of the record: a backup of PostgreSQL was put back, or a stand-by promoted that had not got everything. */
  const followBack = async (mark: number): Promise<number> => {
    // usually another server has only read the record sooner
    const newest = await store.newest().catch(() => mark)
    if (newest >= mark) return mark
    log.warn({ mark, newest }, 'the record of revocations has lost entries: all that it has is ended again in Redis')
    await fromRedis(redis.set(markKey, 0))
    highest = 0
    return 0
  }

  const agree = async (known: number): Promise<void> => {
    const breaksBefore = breaks
    let mark = Number((await fromRedis(redis.get(markKey))) ?? -1)
    const hasLostWrites = mark < highest
    if (hasLostWrites) trusted = false
    if (mark > known) mark = await followBack(mark)
    const from = await startAt(mark)
    const wasUnapplied = unapplied
    unapplied = Number.POSITIVE_INFINITY
    let begunWith = mark
    const onPage = async (upTo: number) => {
      if ((await fromRedis(redis.raiseMark(markKey, begunWith, upTo))) === 'lost')
        throw new Error('Redis has lost writes')
      begunWith = Math.max(begunWith, upTo)
    }
    try {
      const count = from < known ? await applyAgain({ store, endInRedis, from, upTo: known, onPage }) : 0
      if (hasLostWrites)
        log.warn({ since: mark, ended: count }, 'Redis had lost writes: what was revoked since is ended again')
    } catch (error) {
      unapplied = Math.min(unapplied, wasUnapplied)
      throw error
    }
    highest = Math.max(mark, known)
    // another break in the meantime leads to another Redis, perhaps
    if (breaks === breaksBefore) trusted = true
  }

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
    /** Makes Redis agree with the record up to `known`. Never rejects: it is called again, and until then nothing is believed. */
    keep: (known: () => number): Promise<void> => {
      turn = turn
        .then(() => agree(known()))
        .catch(error => {
          const isUnavailable = error instanceof Problem && error.code === 'unavailable'
          if (isUnavailable) log.debug({ err: error }, 'Redis does not agree with the record yet')
          else if (dueToSay()) log.error({ err: error }, 'Redis could not be brought into agreement with the record')
        })
      return turn
    },
  }
}
