import { createHashingPool } from './hashing-pool.ts'

export interface Calibration {
  readonly cost: number
  /** How long a hash takes when all threads hash at once, in milliseconds: the median. */
  readonly hashMs: number
  /** How many sign-ins a second this machine then does at most. */
  readonly aSecond: number
}

/** The costs that are tried, the lowest first. */
const costs = [8, 9, 10, 11, 12, 13, 14, 15, 16]

/** How many hashes a thread makes at each cost. */
const repetitions = 5

/**
 * Measures how long a hash takes at each cost, with all threads at work, up to the first cost that takes longer than
 * `targetMs`. Gives each result as soon as it is known.
 */
export const calibrate = async function* (targetMs: number, threads?: number): AsyncGenerator<Calibration> {
  const pool = createHashingPool(
    { threads, maxWaiting: Number.POSITIVE_INFINITY, maxWaitMs: Number.POSITIVE_INFINITY },
    1,
  )
  const wanted = new AbortController().signal
  const hashOnce = async (cost: number) => {
    const began = performance.now()
    await pool.run(
      { password: 'correct horse battery', salts: [`$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(22)}`] },
      wanted,
    )
    return performance.now() - began
  }
  const hashOften = async (cost: number, times: number) => {
    const took: number[] = []
    while (took.length < times) took.push(await hashOnce(cost))
    return took
  }
  const everyThread = async (cost: number, times: number) =>
    (await Promise.all(Array.from({ length: pool.threads }, () => hashOften(cost, times)))).flat()
  try {
    await everyThread(4, 1)
    for (const cost of costs) {
      const took = (await everyThread(cost, repetitions)).sort((a, b) => a - b)
      const hashMs = took[took.length >> 1] ?? Number.NaN
      yield { cost, hashMs, aSecond: (1000 / hashMs) * pool.threads }
      if (hashMs > targetMs) return
    }
  } finally {
    await pool.close()
  }
}
