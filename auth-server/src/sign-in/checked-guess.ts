import type { Guess } from './needs.ts'

/** Looks at the password of a guess that is counted. What became of the guess is said whatever happens. */
export const checked = async <Found>(guess: Guess, verify: () => Promise<Found>): Promise<Found> => {
  let outcome: 'right' | 'wrong' | 'unchecked' = 'unchecked'
  try {
    const found = await verify()
    outcome = found ? 'right' : 'wrong'
    return found
  } finally {
    await guess.end(outcome)
  }
}
