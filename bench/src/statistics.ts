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
