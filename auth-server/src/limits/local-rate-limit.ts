import type { Rate } from './policy.ts'
import { TooMany } from './too-many.ts'

/** A limit that one server keeps for itself, for what is asked too often to ask Redis each time. */
export interface LocalRateLimit {
  /** Takes one. How long to wait until there is one again, in milliseconds; 0 when it was taken. */
  take(key: string): number
  /** Takes one. Throws `Problem('too-many-requests')`. */
  demand(key: string): void
}

/** How many keys there may be before those are looked for that have everything back. */
const sweepAt = 10_000

/** The rule of `take-1.lua`, without a promise: a refresh has no time to lose. `now` is in milliseconds. */
export const createLocalRateLimit = (
  name: string,
  rate: Rate | undefined,
  now: () => number = () => performance.now(),
): LocalRateLimit => {
  if (rate === undefined) return { take: () => 0, demand: () => {} }
  const span = rate.perS * 1000
  const each = span / rate.count
  /** When all that was taken of a key will be back. */
  const backAt = new Map<string, number>()
  let sweepNext = sweepAt

  const sweep = (time: number) => {
    for (const [key, at] of backAt) if (at <= time) backAt.delete(key)
    sweepNext = Math.max(sweepAt, 2 * backAt.size)
  }

  const take = (key: string): number => {
    const time = now()
    const at = Math.max(backAt.get(key) ?? 0, time) + each
    // a hundredth of one is for what is lost when fractions are added up
    if (at - time > span + each / 100) return Math.max(1, Math.ceil(at - time - span))
    backAt.set(key, at)
    if (backAt.size > sweepNext) sweep(time)
    return 0
  }
  return {
    take,
    demand: key => {
      const waitMs = take(key)
      if (waitMs > 0) throw new TooMany(name, rate, waitMs)
    },
  }
}
