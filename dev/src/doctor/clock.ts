/** By how much another clock is ahead of this machine's: something between these two, in milliseconds. Negative when it is behind. */
export interface Ahead {
  readonly from: number
  readonly to: number
}

/** What was seen: a time of the other clock, cut to whole seconds, somewhen between two times of this one. Milliseconds since the epoch. */
export interface Sample {
  readonly second: number
  readonly sentAt: number
  readonly receivedAt: number
}

/** What all samples allow; undefined without one. A clock that was set meanwhile makes them contradict: then the last one counts. */
export const aheadOf = (samples: readonly Sample[]): Ahead | undefined => {
  const bounds = samples.map(({ second, sentAt, receivedAt }) => ({
    from: second - receivedAt,
    to: second + 1000 - sentAt,
  }))
  const last = bounds.at(-1)
  if (!last) return undefined
  const all = { from: Math.max(...bounds.map(({ from }) => from)), to: Math.min(...bounds.map(({ to }) => to)) }
  return all.from <= all.to ? all : last
}

/** By how much the first is ahead of the second. */
export const between = (first: Ahead, second: Ahead): Ahead => ({
  from: first.from - second.to,
  to: first.to - second.from,
})

/** The least difference that is certain, with its sign. Milliseconds. */
export const certain = ({ from, to }: Ahead): number => {
  if (from > 0) return from
  return to < 0 ? to : 0
}
