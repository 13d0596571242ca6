import type { Log } from '@auth-pair/service'
import { fromRedis, type RedisClient } from '../redis.ts'
import type { Ended } from './revocation-store.ts'

const key = 'revocations:pending'

/**
 * What ended while PostgreSQL was away, kept in Redis until it is in the record, so that neither the end of this process nor
 * of any other loses it. All throw `Problem('unavailable')` when Redis does not answer.
 */
export const createPending = ({ redis, log }: { readonly redis: RedisClient; readonly log: Log }) => ({
  push: async (ended: readonly Ended[]): Promise<void> => {
    await fromRedis(redis.rpush(key, ...ended.map(entry => JSON.stringify(entry))))
  },
  /** Hands a batch over to the record. What another server hands over at the same time is recorded once. */
  handOver: async (record: (ended: Ended[]) => Promise<unknown>): Promise<void> => {
    const texts = await fromRedis(redis.lrange(key, 0, 999))
    if (texts.length === 0) return
    await record(texts.map(read).filter(entry => entry !== undefined))
    for (const text of texts) await fromRedis(redis.lrem(key, 1, text))
    log.info({ sessions: texts.length }, 'sessions that ended while PostgreSQL was away are in the record')
  },
})

/** Undefined for what none of these servers wrote: it must not keep the others from the record. */
const read = (text: string): Ended | undefined => {
  try {
    const { userId, sessionId, reason } = JSON.parse(text)
    return [userId, sessionId, reason].every(value => typeof value === 'string')
      ? { userId, sessionId, reason }
      : undefined
  } catch {
    return undefined
  }
}
