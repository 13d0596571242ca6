import { median } from '../statistics.ts'
import type { LoopResult } from './run-closed-loop.ts'

/** The answers that refuse a sign-in before its password is looked at. */
export const refusedStatuses = ['503', '429'] as const

/** What has to be kept of the idle throughput, how many times the idle p99 is allowed, and how soon refusals are answered. */
const limits = { throughput: 0.6, p99: 3, refusedMs: 100 } as const

export interface Refusals {
  readonly perS: number
  readonly p99Ms: number
  readonly checkedPerS: number
}

/** Medians over the rounds of what a flood was answered. */
export const refusalsOf = (loops: readonly LoopResult[]): Refusals | undefined => {
  if (loops.length === 0) return undefined
  const rate = (loop: LoopResult, statuses: readonly string[]) =>
    statuses.filter(status => (loop.counts[status] ?? 0) > 1).reduce((sum, status) => sum + loop.perSecond(status), 0)
  const p99 = (loop: LoopResult) =>
    Math.max(0, ...refusedStatuses.filter(status => (loop.counts[status] ?? 0) > 0).map(status => loop.p99Ms(status)))
  return {
    perS: median(loops.map(loop => rate(loop, refusedStatuses))),
    p99Ms: median(loops.map(p99)),
    checkedPerS: median(loops.map(loop => rate(loop, ['200', '401']))),
  }
}

interface Row {
  what: string
  figures: { ratio: number }
  p99Ratio: number
  refusals: Refusals | undefined
}

/** What of this was missed. */
export const complaintsAbout = ({ what, figures, p99Ratio, refusals }: Row): string[] =>
  [
    figures.ratio < limits.throughput &&
      `${what}: ${figures.ratio.toFixed(2)} of the idle throughput, below ${limits.throughput}.`,
    what.startsWith('/api/refresh') &&
      p99Ratio > limits.p99 &&
      `${what}: p99 is ${p99Ratio.toFixed(1)} times that of an idle server, above ${limits.p99}.`,
    (refusals?.p99Ms ?? 0) > limits.refusedMs &&
      `${what}: refused sign-ins take ${refusals?.p99Ms.toFixed(0)} ms at p99, above ${limits.refusedMs}.`,
  ].filter(complaint => complaint !== false)
