import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Problem } from '@auth-pair/service'
import { Piscina } from 'piscina'
import type { Hashed, HashingTask } from './hashing-worker.ts'

export interface HashingPolicy {
  /** How many threads hash; as many as there are cores when left out. */
  readonly threads?: number | undefined
  /** The most that wait for a thread. */
  readonly maxWaiting: number
  /** The longest that a hash may be expected to wait, in milliseconds. */
  readonly maxWaitMs: number
}

/**
 * Hashes in threads of their own, of the lowest priority, so that neither a flood of sign-ins nor a high cost slows down what
 * the event loop does. What would wait for too long is refused at once.
 */
export interface HashingPool {
  /** Throws `Problem('busy')` when a hash would have to wait for too long. */
  assertRoom(): void
  /** Hashes when its turn comes. Throws `Problem('busy')`, or `Problem('unavailable')` when nobody waits for the result any more. */
  run(task: HashingTask, wanted: AbortSignal): Promise<string>
  readonly threads: number
  stats(): HashingStats
  /** Ends the threads; what still waits is rejected. */
  close(): Promise<void>
}

export interface HashingStats {
  readonly running: number
  readonly waiting: number
  /** How long a hash takes lately, in milliseconds. */
  readonly hashMs: number
  /** How many rounds of bcrypt were begun so far: what passwords have cost. */
  readonly rounds: number
}

/** How much the newest hash counts in the average. */
const weight = 0.2

const nobodyWaits = () => new Problem('unavailable', { cause: new Error('nobody waits for this hash any more') })

/** `guessMs` is how long a hash is taken to last before one has been made. */
export const createHashingPool = (policy: HashingPolicy, guessMs: number): HashingPool => {
  const { threads = availableParallelism(), maxWaiting, maxWaitMs } = policy
  const pool = new Piscina<HashingTask, Hashed>({
    filename: join(import.meta.dirname, 'hashing-worker.ts'),
    name: 'hash',
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  })
  // a thread that ends by itself is replaced; whoever waited for it is told by the rejection of the task
  pool.on('error', () => {})
  /** Those who wait, in the order of coming: what lets them go on. */
  const waiting = new Set<() => void>()
  let running = 0
  let hashMs = guessMs
  let isGuess = true
  let rounds = 0

  const expectedWaitMs = () => (running < threads ? 0 : ((waiting.size + 1) / threads) * hashMs)

  const assertRoom = (): void => {
    // one for each thread may always wait, however long a hash takes
    if (waiting.size < threads || (waiting.size < maxWaiting && expectedWaitMs() <= maxWaitMs)) return
    throw new Problem('busy', { headers: { 'Retry-After': String(Math.max(1, Math.ceil(expectedWaitMs() / 1000))) } })
  }

  const turn = async (wanted: AbortSignal): Promise<void> => {
    if (wanted.aborted) throw nobodyWaits()
    if (running < threads) return void running++
    assertRoom()
    await new Promise<void>((resolve, reject) => {
      const goOn = () => {
        wanted.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.delete(goOn)
        reject(nobodyWaits())
      }
      waiting.add(goOn)
      wanted.addEventListener('abort', leave)
    })
  }

  const next = (): void => {
    const [goOn] = waiting
    if (goOn === undefined) return void running--
    waiting.delete(goOn)
    goOn()
  }

  return {
    assertRoom,
    run: async (task, wanted) => {
      await turn(wanted)
      try {
        rounds += task.salts.reduce((sum, salt) => sum + 2 ** costOf(salt), 0)
        const { hash, tookMs } = await pool.run(task)
        hashMs += (tookMs - hashMs) * (isGuess ? 1 : weight)
        isGuess = false
        return hash
      } finally {
        next()
      }
    },
    threads,
    stats: () => ({ running, waiting: waiting.size, hashMs, rounds }),
    close: () => pool.destroy(),
  }
}

/** The cost in a salt such as `$2b$12$...`. */
const costOf = (salt: string): number => Number(salt.slice(4, 6))
