import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from 'ioredis'
import { fromRedis, type RedisClient } from '../redis.ts'
import type { GuessPolicy } from './policy.ts'

/** Who guesses: an address or a known device, and what it has shown. */
export interface Guesser {
  /** The account, as a keyed hash: nobody's address of mail is in Redis. */
  readonly account: string
  readonly source: string
  readonly isKnownDevice: boolean
  readonly isChallengePassed: boolean
}

export type Begun =
  /** `isNew` when nobody had guessed at the account before. */
  | { readonly kind: 'go'; readonly isNew: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Guesses that are under way decide whether there is another one: ask again. */
  | { readonly kind: 'later' }
  | { readonly kind: 'challenge' }

export type Outcome = 'right' | 'wrong' | 'unchecked'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    beginGuess(guesses: string, known: string, ...args: (string | number)[]): Result<BeginAnswer, Context>
    endGuess(guesses: string, known: string, ...args: (string | number)[]): Result<'ended', Context>
  }
}

type BeginAnswer = ['go', '0' | '1'] | ['wait', number] | ['later'] | ['challenge']

/** How long a guess may be under way, in milliseconds: longer than any request. */
const underWayMs = 6_000

/** How long guesses at an account, and the addresses of its owner, are remembered, in milliseconds. */
const keepMs = 30 * 86_400_000

/** How long a few guesses are remembered of which nobody has said that they are worth more, in milliseconds. */
const keepAtFirstMs = 3_600_000

interface GuessStoreNeeds {
  readonly redis: RedisClient
  readonly policy: GuessPolicy
  /** Milliseconds since the epoch; without it the clock is that of Redis. */
  readonly now?: (() => number) | undefined
}

const lua = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')

/**
 * Counts guesses in Redis, for all servers together; each when it begins, before anybody looks at the password. Throws
 * `Problem('unavailable')` when Redis does not answer.
 */
export const createGuessStore = ({ redis, policy, now }: GuessStoreNeeds) => {
  redis.defineCommand('beginGuess', { numberOfKeys: 2, lua: lua('begin-guess-2.lua') })
  redis.defineCommand('endGuess', { numberOfKeys: 2, lua: lua('end-guess-2.lua') })
  const { free, quietMs, waitMs, maxWaitMs, inARow } = policy

  return {
    begin: async ({ account, source, isKnownDevice, isChallengePassed }: Guesser): Promise<Begun> => {
      const rules = [free, quietMs, waitMs, maxWaitMs, inARow, underWayMs, keepAtFirstMs, keepMs]
      const shown = [isKnownDevice ? '1' : '', isChallengePassed ? '1' : '']
      const answer = await fromRedis(redis.beginGuess(...keysOf(account), source, now?.() ?? '', ...rules, ...shown))
      if (answer[0] === 'wait') return { kind: 'wait', ms: answer[1] }
      return answer[0] === 'go' ? { kind: 'go', isNew: answer[1] === '1' } : { kind: answer[0] }
    },
    /** `keep` when what is known of the account is to be remembered for long from here on. */
    end: async ({ account, source, isKnownDevice }: Guesser, outcome: Outcome, keep: boolean): Promise<void> => {
      const isAddress = isKnownDevice ? '' : '1'
      await fromRedis(redis.endGuess(...keysOf(account), source, outcome, keep ? keepMs : '', keepMs, isAddress))
    },
  }
}

const keysOf = (account: string): [string, string] => [`guesses:{${account}}`, `known:{${account}}`]
