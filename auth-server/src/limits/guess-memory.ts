import type { GuessStore } from './guess-store.ts'
import type { GuessPolicy } from './policy.ts'
import { createLocalRateLimit } from './rate-limit.ts'

/** In a row, for all sources together, within an hour. */
const stricter = { inARow: 20, perS: 3600 }

/**
 * Counts while Redis does not answer: each server for itself, and half as many guesses. Nobody is known and no challenge
 * helps; who has used them up waits until they are back.
 */
export const createGuessMemory = ({ free, quietMs, inARow }: GuessPolicy): GuessStore => {
  const ofSource = createLocalRateLimit('guesses', { count: Math.ceil(free / 2), perS: Math.ceil(quietMs / 1000) })
  const ofAccount = createLocalRateLimit('guesses', { count: Math.min(stricter.inARow, inARow), perS: stricter.perS })
  return {
    begin: async ({ account, source }) => {
      const ms = (await ofSource.take(`${account} ${source}`)) || (await ofAccount.take(account))
      return ms > 0 ? { kind: 'wait', ms } : { kind: 'go' }
    },
    end: async ({ account, source }, outcome) => {
      if (outcome === 'wrong') return
      await ofSource.giveBack(`${account} ${source}`)
      await ofAccount.giveBack(account)
    },
  }
}
