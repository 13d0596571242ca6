import { median } from './statistics.ts'

export interface Compared {
  readonly median: number
  readonly low: number
  readonly high: number
  /** The median, over the rounds, of this figure divided by the baseline's of the same round. */
  readonly ratio: number
  readonly ratioLow: number
  readonly ratioHigh: number
  readonly figures: readonly number[]
}

interface InterleaveNeeds<Name extends string> {
  readonly rounds: number
  /** Each measures once, and resolves to its figure. */
  readonly variants: Readonly<Record<Name, () => Promise<number>>>
  readonly baseline: NoInfer<Name>
  /** Rounds that are run first, and not counted. */
  readonly warmUp?: number
  readonly progress?: (text: string) => void
  /** Waited for before each measurement. */
  readonly ready?: () => Promise<unknown>
}

/**
 * Measures variants in turns, so that whatever slows the machine for a while slows all of them. Each round begins with another
 * one: being first or last is no advantage. Ratios are taken within a round.
 */
export const interleave = async <Name extends string>(
  needs: InterleaveNeeds<Name>,
): Promise<Record<Name, Compared>> => {
  const { rounds, variants, baseline, warmUp = 1, progress = () => {}, ready = async () => {} } = needs
  const names = Object.keys(variants) as Name[]
  const figures = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, number[]>
  for (let round = -warmUp; round < rounds; round++) {
    const first = Math.max(0, round) % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      progress(`${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}: ${name}`)
      await ready()
      const figure = await variants[name]()
      if (round >= 0) figures[name].push(figure)
    }
  }
  const compared = names.map(name => [name, compare(figures[name], figures[baseline])] as const)
  return Object.fromEntries(compared) as Record<Name, Compared>
}

const ratiosOf = (figures: readonly number[], baseline: readonly number[]): number[] =>
  figures.map((figure, round) => figure / (baseline[round] ?? Number.NaN))

/** The median, over the rounds, of the one figure divided by the other of the same round. */
export const ratioOf = (figures: readonly number[], baseline: readonly number[]): number =>
  median(ratiosOf(figures, baseline))

const compare = (figures: readonly number[], baseline: readonly number[]): Compared => {
  const ratios = ratiosOf(figures, baseline)
  return {
    median: median(figures),
    low: Math.min(...figures),
    high: Math.max(...figures),
    ratio: median(ratios),
    ratioLow: Math.min(...ratios),
    ratioHigh: Math.max(...ratios),
    figures,
  }
}
