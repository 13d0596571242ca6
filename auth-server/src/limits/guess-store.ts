import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import { fromRedis, type RedisClient } from '../redis.ts'
import type { GuessPolicy } from './policy.ts'

/** Who guesses: an address or a known device, and what it has shown. */
export interface Guesser {
  /** The account, as a keyed hash: nobody's address is in Redis. */
  readonly account: string
  readonly source: string
  readonly isKnownDevice: boolean
  readonly isChallengePassed: boolean
}

export type Begun =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Guesses that are under way decide whether there is another one: ask again. */
  | { readonly kind: 'later' }
  | { readonly kind: 'challenge' }

export type Outcome = 'right' | 'wrong' | 'unchecked'

/** Where guesses are counted. Each is counted when it begins, before anybody looks at the password. */
export interface GuessStore {
  begin(guesser: Guesser): Promise<Begun>
  end(guesser: Guesser, outcome: Outcome): Promise<void>
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    beginGuess(key: string, ...args: (string | number)[]): Result<BeginAnswer, Context>
    endGuess(key: string, ...args: (string | number)[]): Result<'ended', Context>
  }
}

type BeginAnswer = ['go', '0' | '1'] | ['wait', number] | ['later'] | ['challenge']

/** How long a guess may be under way, in milliseconds: longer than any request. */
const underWayMs = 6_000

const keepMs = 30 * 86_400_000

/** How long a few wrong guesses are remembered while many accounts are tried, in milliseconds. */
const keepInFloodMs = 3_600_000

interface GuessStoreNeeds {
  readonly redis: RedisClient
  readonly policy: GuessPolicy
  /** Whether another account may be remembered for long: somebody may try millions of addresses. */
  readonly mayKeep: () => Promise<boolean>
  /** Milliseconds since the epoch; without it the clock is that of Redis. */
  readonly now?: (() => number) | undefined
}

const lua = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')

/** Counts in Redis, for all servers together. Throws `Problem('unavailable')` when Redis does not answer. */
export const createGuessStore = ({ redis, policy, mayKeep, now = () => Number.NaN }: GuessStoreNeeds): GuessStore => {
  redis.defineCommand('beginGuess', { numberOfKeys: 1, lua: lua('begin-guess-1.lua') })
  redis.defineCommand('endGuess', { numberOfKeys: 1, lua: lua('end-guess-1.lua') })
  const { free, quietMs, waitMs, maxWaitMs, inARow } = policy
  const clock = (): number | '' => {
    const time = now()
    return Number.isNaN(time) ? '' : time
  }

  return {
    begin: async ({ account, source, isKnownDevice, isChallengePassed }) => {
      const rules = [free, quietMs, waitMs, maxWaitMs, inARow, underWayMs, keepMs]
      const shown = [isKnownDevice ? '1' : '', isChallengePassed ? '1' : '']
      const answer = await fromRedis(redis.beginGuess(keyOf(account), source, clock(), ...rules, ...shown))
      if (answer[0] === 'wait') return { kind: 'wait', ms: answer[1] }
      // the few guesses at each of many accounts must not fill Redis: sessions live there
      if (answer[0] === 'go' && answer[1] === '1' && !(await mayKeep()))
        await fromRedis(redis.pexpire(keyOf(account), keepInFloodMs))
      return { kind: answer[0] }
    },
    end: async ({ account, source }, outcome) => {
      await fromRedis(redis.endGuess(keyOf(account), source, clock(), outcome, keepMs))
    },
  }
}

const keyOf = (account: string): string => `guesses:${account}`
