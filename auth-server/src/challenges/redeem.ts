import { hash } from 'node:crypto'
import { fromRedis, type RedisClient } from '../redis.ts'

/**
 * Lets each solution count once, over all servers and all requests at once. Only what has passed its check gets here, so that every
 * key in Redis has cost its sender work. Throws `Problem('unavailable')` when Redis does not answer: a memory of this process
 * would let each server be paid with the same solution.
 */
export const createRedemption =
  (redis: RedisClient) =>
  /** Whether this is the first use. */
  async (id: string, keepMs: number): Promise<boolean> =>
    (await fromRedis(redis.set(`challenge:${hash('sha256', id, 'base64url')}`, '1', 'PX', keepMs, 'NX'))) === 'OK'
