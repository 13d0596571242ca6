import { setTimeout as wait } from 'node:timers/promises'
import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import type { RedisClient } from '../redis.ts'
import { createGuessMemory } from './guess-memory.ts'
import { type Begun, createGuessStore, type Guesser, type Outcome } from './guess-store.ts'
import { createLocalRateLimit } from './local-rate-limit.ts'
import type { GuessPolicy } from './policy.ts'
import { TooMany } from './too-many.ts'

/** A guess that is counted. */
export interface Guess {
  /** Says what became of it. Never rejects: a guess of which nothing is said was wrong. */
  end(outcome: Outcome): Promise<void>
}

export interface Guesses {
  /**
   * Counts a guess at the password of an account, before the password is looked at. Undefined when a challenge has to be
   * passed first. Throws `Problem('too-many-requests')`, and `Problem('unavailable')` when nobody could sign in anyway.
   */
  begin(guesser: Guesser, wanted: AbortSignal): Promise<Guess | undefined>
}

interface GuessesNeeds {
  readonly redis: RedisClient
  readonly policy: GuessPolicy
  readonly log: Log
  /** Milliseconds since the epoch; without it the clock is that of Redis. */
  readonly now?: (() => number) | undefined
}

/** How many accounts that nobody had guessed at before are remembered for long, at once and a day: somebody may try millions. */
const kept = { count: 10_000, perS: 86_400 }

/** How often and for how long guesses under way are asked after, in milliseconds, and by how many of one source at once. */
const later = { everyMs: 100, forMs: 3_000, most: 20 }

export const createGuesses = ({ redis, policy, log, now }: GuessesNeeds): Guesses => {
  const keeping = createLocalRateLimit('accounts', kept)
  const store = createGuessStore({ redis, policy, now })
  const memory = createGuessMemory(policy)
  const dueToSay = atMostEvery(10_000)
  const rate = { count: policy.free, perS: Math.ceil(policy.quietMs / 1000) }
  /** How many of a source ask again and again. */
  const asking = new Map<string, number>()

  const askLater = async ({ account, source }: Guesser, wanted: AbortSignal): Promise<void> => {
    const key = `${account} ${source}`
    const others = asking.get(key) ?? 0
    if (others >= later.most) throw new TooMany('guesses', rate, 1000)
    asking.set(key, others + 1)
    await wait(later.everyMs, undefined, { signal: wanted }).catch(() => {})
    const left = (asking.get(key) ?? 1) - 1
    if (left > 0) asking.set(key, left)
    else asking.delete(key)
    if (wanted.aborted) throw new Problem('unavailable', { cause: new Error('nobody waits for this guess any more') })
  }

  /** Many honest sign-ins at once are no guesses: the first that is right lets the others go on. */
  const beginInRedis = async (guesser: Guesser, wanted: AbortSignal): Promise<Exclude<Begun, { kind: 'later' }>> => {
    for (const until = performance.now() + later.forMs; ; await askLater(guesser, wanted)) {
      const begun = await store.begin(guesser)
      if (begun.kind !== 'later') return begun
      if (performance.now() > until) throw new TooMany('guesses', rate, 1000)
    }
  }

  const noteLost = (err: unknown) => log.debug({ err }, 'what became of a guess could not be noted')

  const beginInMemory = async (guesser: Guesser, cause: unknown): Promise<Guess> => {
    // SECURITY: without Redis no session opens, but for those of another part of a cluster. To look at the password all the
    // same would only tell whether it was right
    if (!redis.isCluster || redis.status !== 'ready') throw cause
    if (dueToSay()) log.warn({ err: cause }, 'guesses are counted by each server for itself: Redis does not answer')
    const waitMs = await memory.begin(guesser)
    if (waitMs > 0) throw new TooMany('guesses', rate, waitMs)
    return {
      end: async outcome => {
        if (outcome !== 'wrong') await memory.takeBack(guesser)
        // Redis may have counted it without saying so
        if (outcome === 'right') await store.end(guesser, outcome, false).catch(noteLost)
      },
    }
  }

  return {
    begin: async (guesser, wanted) => {
      let begun: Awaited<ReturnType<typeof beginInRedis>>
      try {
        begun = await beginInRedis(guesser, wanted)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'unavailable' || wanted.aborted) throw error
        return beginInMemory(guesser, error)
      }
      if (begun.kind === 'wait') throw new TooMany('guesses', rate, begun.ms)
      if (begun.kind === 'challenge') return undefined
      const { isNew } = begun
      return {
        end: async outcome => {
          const keep = isNew && outcome === 'wrong' && keeping.take('') === 0
          await store.end(guesser, outcome, keep).catch(noteLost)
        },
      }
    },
  }
}
