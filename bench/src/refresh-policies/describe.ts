import type { Honest, Thefts } from './measure.ts'

const share = (part: number, whole: number): string => {
  if (part === 0) return '0'
  if (part === whole) return '100 %'
  const percent = (100 * part) / whole
  return `${percent < 1 || percent > 99 ? percent.toFixed(2) : percent.toFixed(1)} %`
}

export const describeHonest = ({ ended, runs }: Honest): string => share(ended, runs)

export const describeThefts = ({ found, runs, meanMinutes }: Thefts): string =>
  found === 0 ? '0' : `${share(found, runs)}, mean ${meanMinutes.toFixed(1)} min`

/** Points of a curve: the share of thefts, in percent, that were found within so many minutes. */
export const foundByMinute = ({ byMinute, runs }: Thefts): (readonly [number, number])[] =>
  byMinute.map((found, minute) => [minute, (100 * found) / runs] as const)
