import { mean } from '../statistics.ts'
import type { Contender } from './contenders.ts'
import type { Thief, Traffic } from './habits.ts'
import { type Death, liveSession } from './life.ts'
import { createRandom } from './random.ts'

interface MeasureNeeds {
  readonly contender: Contender
  readonly traffic: Traffic
  readonly runs: number
  /** The same seeds are the same traffic, whoever the contender is. */
  readonly seeds: readonly [number, number]
  readonly progress: (done: number) => void
}

export interface Honest {
  readonly runs: number
  readonly ended: number
  /** How the first one that was ended came to its end: the last cycles. */
  readonly trace: readonly string[]
}

/** How many sessions that nobody stole are ended within 20 refresh cycles. */
export const measureHonest = async ({ contender, traffic, runs, seeds, progress }: MeasureNeeds): Promise<Honest> => {
  const live = (run: number, trace?: (line: string) => void) =>
    contender.play(liveSession({ traffic, cycles: 20, random: createRandom(...seeds, run), trace }))
  const deaths = await playAll(runs, progress, run => live(run))
  const first = deaths.findIndex(death => death !== undefined)
  const trace: string[] = []
  // the same life once more, this time written down
  if (first >= 0) await live(first, line => trace.push(line))
  return { runs, ended: deaths.filter(death => death !== undefined).length, trace: trace.slice(-6 * traffic.tabs) }
}

export interface Thefts {
  readonly runs: number
  readonly found: number
  readonly meanMinutes: number
  /** How many were found within so many minutes, from 0 to two hours. */
  readonly byMinute: readonly number[]
}

const minute = 60_000
const twoHours = 120 * minute

/** How soon a thief is found who copies the jar at a random time between the 10th and the 20th minute. Found means: the session is ended. */
export const measureThefts = async (needs: MeasureNeeds & { readonly thief: Thief }): Promise<Thefts> => {
  const { contender, traffic, runs, seeds, progress, thief } = needs
  const outcomes = await playAll(runs, progress, async run => {
    const random = createRandom(...seeds, run)
    const copiesAt = random.between(600_000, 1_200_000)
    const until = copiesAt + twoHours
    const death = await contender.play(liveSession({ traffic, random, until, thief: { ...thief, copiesAt } }))
    return death && death.at - copiesAt
  })
  const after = outcomes.filter(outcome => outcome !== undefined)
  if (after.some(ms => ms < 0))
    throw new Error('a session was ended before it was stolen: nothing can be said about thefts')
  const byMinute = Array.from({ length: twoHours / minute + 1 }, (_, i) => after.filter(ms => ms <= i * minute).length)
  return { runs, found: after.length, meanMinutes: mean(after) / minute, byMinute }
}

/** Plays so many lives, hundreds at once: their commands to Redis travel together. The outcomes are in the order of the runs. */
const playAll = async <Outcome extends Death | number | undefined>(
  runs: number,
  progress: (done: number) => void,
  playRun: (run: number) => Outcome | Promise<Outcome>,
): Promise<Outcome[]> => {
  const outcomes = new Array<Outcome>(runs)
  let [next, done] = [0, 0]
  const worker = async () => {
    while (next < runs) {
      const run = next++
      outcomes[run] = await playRun(run)
      if (++done % 50 === 0) progress(done)
    }
  }
  await Promise.all(Array.from({ length: 400 }, worker))
  return outcomes
}
