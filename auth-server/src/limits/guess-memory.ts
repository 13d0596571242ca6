import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Guesser } from './guess-store.ts'
import type { GuessPolicy } from './policy.ts'
import { take } from './take.ts'

/** In a row, for all sources together, within an hour. */
const stricter = { inARow: 20, perS: 3600 }

/**
 * Counts while Redis does not answer: each server for itself, and half as many guesses. Nobody is known and no challenge
 * helps; who has used them up waits until they are back.
 */
export const createGuessMemory = ({ free, quietMs, inARow }: GuessPolicy) => {
  const ofSource = new RateLimiterMemory({ points: Math.ceil(free / 2), duration: Math.ceil(quietMs / 1000) })
  const ofAccount = new RateLimiterMemory({ points: Math.min(stricter.inARow, inARow), duration: stricter.perS })
  return {
    /** How long to wait until there is another guess, in milliseconds; 0 when it was counted. */
    begin: async ({ account, source }: Guesser): Promise<number> =>
      (await take(ofSource, `${account} ${source}`)) || (await take(ofAccount, account)),
    /** Takes back a guess that was not wrong. */
    takeBack: async ({ account, source }: Guesser): Promise<void> => {
      await giveBack(ofSource, `${account} ${source}`)
      await giveBack(ofAccount, account)
    },
  }
}

/** Nothing stays behind when everything is given back: whoever hangs up early must not fill the memory. */
const giveBack = async (limiter: RateLimiterMemory, key: string): Promise<void> => {
  const { consumedPoints } = await limiter.reward(key)
  if (consumedPoints <= 0) await limiter.delete(key)
}
