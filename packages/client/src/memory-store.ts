import type { Store } from './store.ts'
import { takeTurns } from './take-turns.ts'

/** Keeps the session for as long as the process lives. */
export const memoryStore = (): Store => {
  let kept: string | undefined
  return {
    read: async () => kept,
    write: async (text, former = kept) => {
      if (former !== kept) return false
      kept = text
      return true
    },
    lock: takeTurns(),
  }
}
