import type { Operation, Span } from './history.ts'

/** When this process, and with it the fault proxies, did not get to run. */
export interface Stalls {
  readonly spans: readonly Span[]
  /** Whether a stall fell into the operation: what was late then was late here. */
  met(operation: Pick<Operation, 'at' | 'endedAt'>): boolean
  stop(): void
}

const everyMs = 20

/** A fifth of the shortest deadline that a server gives a store. Milliseconds. */
const longMs = 100

/** Watches how well this process is served. On a machine that is busy with other things it may not run for a while. */
export const watchStalls = (): Stalls => {
  const spans: Span[] = []
  let due = performance.now() + everyMs
  const timer = setInterval(() => {
    const now = performance.now()
    if (now - due > longMs) spans.push({ from: due - everyMs, to: now })
    due = now + everyMs
  }, everyMs)
  return {
    spans,
    met: ({ at, endedAt }) => spans.some(({ from, to }) => at < to && endedAt > from),
    stop: () => clearInterval(timer),
  }
}
