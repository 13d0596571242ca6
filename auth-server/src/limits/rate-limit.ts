import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { RedisClient } from '../redis.ts'
import type { Rate } from './policy.ts'
import { createRecentRefusals } from './recent-refusals.ts'
import { take } from './take.ts'
import { TooMany } from './too-many.ts'

/** One limit of a rate. */
export interface RateLimit {
  /** Takes one. How long to wait until there is one again, in milliseconds; 0 when it was taken. */
  take(key: string): Promise<number>
  /** Takes one. Throws `Problem('too-many-requests')`. */
  demand(key: string): Promise<void>
  /** Throws `Problem('too-many-requests')` when one was refused a moment ago, and would be again. Takes nothing, and asks nobody. */
  assertNotRefused(key: string): void
  /** Gives back what was taken. */
  giveBack(key: string): Promise<void>
}

const none: RateLimit = {
  take: async () => 0,
  demand: async () => {},
  assertNotRefused: () => {},
  giveBack: async () => {},
}

const script = readFileSync(join(import.meta.dirname, 'take-1.lua'), 'utf8')

/**
 * A limit for all servers together, kept in Redis. While Redis does not answer, each server counts for itself, and allows half
 * as much: most likely there are two of them.
 */
export const createRateLimit = (redis: RedisClient, name: string, rate: Rate | undefined): RateLimit => {
  if (rate === undefined) return none
  return limitOf(
    name,
    rate,
    new RateLimiterRedis({
      storeClient: redis,
      // a limit that was changed begins anew
      keyPrefix: `limit:${name}:${rate.count}/${rate.perS}`,
      points: rate.count,
      duration: rate.perS,
      customIncrTtlLuaScript: script,
      rejectIfRedisNotReady: true,
      insuranceLimiter: createMemoryLimiter({ ...rate, count: Math.ceil(rate.count / 2) }),
    }),
  )
}

const createMemoryLimiter = ({ count, perS }: Rate) => new RateLimiterMemory({ points: count, duration: perS })

const limitOf = (name: string, rate: Rate, limiter: RateLimiterRedis | RateLimiterMemory): RateLimit => {
  const refusals = createRecentRefusals()
  const assertNotRefused = (key: string): void => {
    const waitMs = refusals.waitMs(key)
    if (waitMs > 0) throw new TooMany(name, rate, waitMs)
  }
  const takeOne = async (key: string): Promise<number> => {
    const known = refusals.waitMs(key)
    if (known > 0) return known
    const waitMs = await take(limiter, key)
    if (waitMs > 0) refusals.add(key, waitMs)
    return waitMs
  }
  return {
    take: takeOne,
    assertNotRefused,
    demand: async key => {
      const waitMs = await takeOne(key)
      if (waitMs > 0) throw new TooMany(name, rate, waitMs)
    },
    giveBack: async key => {
      await limiter.reward(key)
      refusals.forget(key)
    },
  }
}
