import { availableParallelism } from 'node:os'
import { Problem } from '@auth-pair/service'

/**
 * How many hashes run at once: as many as there are cores, and one less than libuv has threads, so that looking up a host's
 * name and writing the log never wait for a password.
 */
const mostAtOnce = Math.min(availableParallelism(), 3)

/**
 * Lets callers hash in turns. One that nobody waits for any more when its turn comes is skipped, so that the queue never
 * holds more work than fits into the deadline of a request: it then throws `Problem('unavailable')`.
 */
export const createHashingTurns = (limit = mostAtOnce) => {
  const waiting: (() => void)[] = []
  let running = 0

  return async <Result>(work: () => Promise<Result>, isWanted: () => boolean): Promise<Result> => {
    if (running >= limit) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      if (!isWanted()) throw new Problem('unavailable', { cause: new Error('nobody waits for this hash any more') })
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
