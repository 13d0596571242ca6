import type { Revocation } from '@auth-pair/access-token/pair'
import type { Log } from '@auth-pair/service'
import { plainText } from '../circumstances.ts'
import { fromRedis, type RedisClient } from '../redis.ts'
import type { EndedBefore, Reason } from './revocation-store.ts'

/** A hash: session id -> the entry. */
const key = 'revocations:pending'

interface PendingNeeds {
  readonly redis: RedisClient
  readonly log: Log
  readonly record: (ended: EndedBefore[]) => Promise<Revocation[]>
}

/**
 * What ended while PostgreSQL was away, kept in Redis until it is in the record, so that neither the end of this process nor
 * of any other loses it. All throw `Problem('unavailable')` when a store does not answer.
 */
export const createPending = ({ redis, log, record }: PendingNeeds) => ({
  push: async (ended: readonly EndedBefore[]): Promise<void> => {
    const fields = ended.flatMap(entry => [entry.sessionId, JSON.stringify(entry)])
    await fromRedis(redis.hset(key, ...fields))
  },
  /** Hands it over to the record, and gives back what was new there. What two servers hand over at once is recorded once. */
  handOver: async (): Promise<Revocation[]> => {
    const recorded: Revocation[] = []
    for (let cursor = '0', count = 0; ; ) {
      const [next, fields] = await fromRedis(redis.hscan(key, cursor, 'COUNT', 500))
      const ids = fields.filter((_, i) => i % 2 === 0)
      if (ids.length > 0) {
        recorded.push(...(await record(fields.filter((_, i) => i % 2 === 1).flatMap(read))))
        await fromRedis(redis.hdel(key, ...ids))
        count += ids.length
      }
      cursor = next
      if (cursor !== '0') continue
      if (count > 0) log.info({ sessions: count }, 'sessions that ended while PostgreSQL was away are in the record')
      return recorded
    }
  },
})

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Nothing for what none of these servers wrote: it must not keep the others from the record. A server of the version before
 * leaves out when and from where.
 */
const read = (text: string): EndedBefore[] => {
  try {
    const { userId, sessionId, reason, at, ip, device, requestId } = JSON.parse(text) as EndedBefore
    const isEntry = uuid.test(userId) && typeof sessionId === 'string' && typeof reason === 'string'
    const circumstances = { ip: plainText(ip, 45), device: plainText(device, 64), requestId: plainText(requestId, 64) }
    const time = Number.isFinite(at) ? at : Date.now()
    return isEntry ? [{ userId, sessionId, reason: plainText(reason, 64) as Reason, at: time, ...circumstances }] : []
  } catch {
    return []
  }
}
