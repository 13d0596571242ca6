import type { OperationKind } from './events.ts'
import type { Operation } from './history.ts'

export type Phase = 'before' | 'during' | 'after'

/** When a fault began, and when what it had broken was healthy again. */
export interface FaultTimes {
  readonly brokenAt: number
  readonly healedAt: number
}

/** Whatever touches the fault is during it. */
export const phaseOf = ({ at, endedAt }: Operation, { brokenAt, healedAt }: FaultTimes): Phase => {
  if (endedAt < brokenAt) return 'before'
  return at >= healedAt ? 'after' : 'during'
}

/** Not answered, or with a fault of the server. A refusal may be right: the checker knows. */
export const isBad = ({ status }: Operation): boolean => status === 0 || status >= 500

/** How often each operation was answered how, in a phase: "200 x 31, 503 x 4". */
export const countStatuses = (operations: readonly Operation[], kind: OperationKind): string => {
  const counts = new Map<string, number>()
  for (const { kind: is, status, error } of operations) {
    if (is !== kind) continue
    const key = status === 0 ? (error ?? 'no end') : String(status)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .sort()
    .map(([status, count]) => `${status} x ${count}`)
    .join(', ')
}

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
