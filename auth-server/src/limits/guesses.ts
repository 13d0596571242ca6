import { setTimeout as wait } from 'node:timers/promises'
import { type Log, Problem } from '@auth-pair/service'
import type { RedisClient } from '../redis.ts'
import { createGuessMemory } from './guess-memory.ts'
import { type Begun, createGuessStore, type Guesser, type GuessStore, type Outcome } from './guess-store.ts'
import type { GuessPolicy } from './policy.ts'
import { createLocalRateLimit } from './rate-limit.ts'
import { TooMany } from './too-many.ts'

/** A guess that is counted. */
export interface Guess {
  /** Says what became of it. Never rejects: a guess of which nothing is said was wrong. */
  end(outcome: Outcome): Promise<void>
}

export interface Guesses {
  /**
   * Counts a guess at the password of an account, before the password is looked at. Undefined when a challenge has to be
   * passed first. Throws `Problem('too-many-requests')`.
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

/** How many accounts of which nothing was known are remembered for long, at once and a day. */
const kept = { count: 10_000, perS: 86_400 }

/** How often and for how long the guesses under way are asked after, in milliseconds, and for how many at once. */
const later = { everyMs: 100, forMs: 3_000, most: 100 }

export const createGuesses = ({ redis, policy, log, now }: GuessesNeeds): Guesses => {
  const keeping = createLocalRateLimit('accounts', kept)
  const store = createGuessStore({ redis, policy, mayKeep: async () => (await keeping.take('')) === 0, now })
  const memory = createGuessMemory(policy)
  const rate = { count: policy.free, perS: Math.ceil(policy.quietMs / 1000) }
  let asking = 0

  /** Where a guess is counted, and the answer. */
  const beginSomewhere = async (guesser: Guesser): Promise<{ counted: GuessStore; begun: Begun }> => {
    try {
      return { counted: store, begun: await store.begin(guesser) }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return { counted: memory, begun: await memory.begin(guesser) }
    }
  }

  /** Many honest sign-ins at once must not count as guesses: the first that is right lets the others go on. */
  const begin = async (guesser: Guesser, wanted: AbortSignal) => {
    const until = performance.now() + later.forMs
    for (;;) {
      const { counted, begun } = await beginSomewhere(guesser)
      if (begun.kind !== 'later') return { counted, begun }
      if (wanted.aborted) throw new Problem('unavailable')
      if (asking >= later.most || performance.now() > until) throw new TooMany('guesses', rate, 1000)
      asking++
      await wait(later.everyMs, undefined, { signal: wanted }).catch(() => {})
      asking--
    }
  }

  return {
    begin: async (guesser, wanted) => {
      const { counted, begun } = await begin(guesser, wanted)
      if (begun.kind === 'wait') throw new TooMany('guesses', rate, begun.ms)
      if (begun.kind === 'challenge') return undefined
      return {
        end: outcome =>
          counted.end(guesser, outcome).catch(err => log.debug({ err }, 'what became of a guess could not be noted')),
      }
    },
  }
}
