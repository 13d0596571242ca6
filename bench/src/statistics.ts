/** The figure below which a share of the figures lies, between two neighbours in proportion. `share` goes from 0 to 1. */
export const percentile = (figures: readonly number[], share: number): number => {
  const sorted = [...figures].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) throw new Error('there are no figures')
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (figures: readonly number[]): number => percentile(figures, 0.5)

export const mean = (figures: readonly number[]): number => figures.reduce((sum, x) => sum + x, 0) / figures.length

export interface RankTest {
  /** Of all pairs, how many have the greater figure in the first sample; equal ones are halves. */
  readonly u: number
  /** How likely samples of one and the same origin differ as much as these, in either direction. */
  readonly p: number
}

/** The test of Mann and Whitney, in the normal approximation with corrections for ties and continuity: for samples of ten or more. */
export const mannWhitney = (first: readonly number[], second: readonly number[]): RankTest => {
  const [m, n] = [first.length, second.length]
  const { ranks, ties } = rank([...first, ...second])
  const u = ranks.slice(0, m).reduce((sum, r) => sum + r, 0) - (m * (m + 1)) / 2
  const variance = ((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1)))
  const distance = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5)
  return { u, p: variance > 0 ? twoTails(distance / Math.sqrt(variance)) : 1 }
}

/** Ranks from 1; equal figures share the mean of theirs. `ties` is the sum of t^3 - t over groups of t equal ones. */
const rank = (figures: readonly number[]): { ranks: number[]; ties: number } => {
  const order = figures.map((figure, i) => ({ figure, i })).sort((a, b) => a.figure - b.figure)
  const ranks: number[] = []
  let ties = 0
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (order[to]?.figure === order[from]?.figure && to < order.length) to++
    for (const { i } of order.slice(from, to)) ranks[i] = (from + 1 + to) / 2
    ties += (to - from) ** 3 - (to - from)
  }
  return { ranks, ties }
}

/** What lies beyond -z and z under the normal curve (Abramowitz and Stegun, 7.1.26: to within 1.5e-7). */
const twoTails = (z: number): number => {
  const x = z / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.min(1, sum * Math.exp(-x * x))
}
