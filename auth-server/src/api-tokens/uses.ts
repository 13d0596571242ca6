import type { Log } from '@auth-pair/service'
import type { Use } from './token-store.ts'

/** How often what was collected is written, in milliseconds. */
const everyMs = 1000

/** How long nothing is written after it could not be, in milliseconds: nobody misses it. */
const pauseMs = 60_000

/** How many tokens wait at most. */
const maxWaiting = 10_000

interface UsesNeeds {
  readonly write: (uses: readonly Use[]) => Promise<void>
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Collects when tokens were used, and writes it in one statement a second at most. No request waits for it, and none fails because it
 * cannot be written: a stand-by that only reads still answers.
 */
export const createUses = ({ write, log, now }: UsesNeeds) => {
  const waiting = new Map<string, number>()
  let writeAgainAt = Number.NEGATIVE_INFINITY
  let turn: Promise<void> | undefined

  const writeOut = async (): Promise<void> => {
    const uses = [...waiting]
    try {
      await write(uses)
      // what came in meanwhile is of the same minute
      for (const [id] of uses) waiting.delete(id)
    } catch (err) {
      writeAgainAt = now() + pauseMs
      log.debug({ err, tokens: uses.length }, 'when API tokens were used is not written down yet')
    }
  }

  /** Writes what there is. Never rejects. */
  const flush = (): Promise<void> => {
    if (waiting.size === 0 || now() < writeAgainAt) return turn ?? Promise.resolve()
    turn ??= writeOut().finally(() => {
      turn = undefined
    })
    return turn
  }
  const timer = setInterval(flush, everyMs).unref()

  return {
    add: (id: string): void => {
      if (waiting.has(id) || waiting.size < maxWaiting) waiting.set(id, now())
    },
    flush,
    /** Writes what there is, as well as it can be. */
    close: async (): Promise<void> => {
      clearInterval(timer)
      await flush()
    },
  }
}
