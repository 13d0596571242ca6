import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '../statistics.ts'

export interface ClosedLoop {
  readonly port: number
  readonly connections: number
  /** The accounts that are tried in turn. */
  readonly name: string
  readonly accounts: number
  readonly password: string
}

/** By status: how long each answer took, and when it came, in milliseconds. */
export interface LoopFigures {
  readonly tookMs: Readonly<Record<string, readonly number[]>>
  readonly answeredAt: Readonly<Record<string, readonly number[]>>
  readonly endedAt: number
}

/** What a loop has counted since it was in its stride. */
export interface LoopResult {
  readonly counts: Readonly<Record<string, number>>
  /** Answers of this status a second. */
  perSecond(status: string): number
  p99Ms(status: string): number
}

/** Starts sign-ins from a process of its own, and waits until they are in their stride. */
export const startClosedLoop = async (loop: ClosedLoop, inStrideMs: number) => {
  const program = join(import.meta.dirname, 'closed-loop.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(loop)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const began = performance.now()
  const killChild = () => child.kill('SIGKILL')
  process.once('exit', killChild)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    output += chunk
  })
  await wait(inStrideMs)
  const measuredFrom = performance.now()

  return {
    stop: async (): Promise<LoopResult> => {
      const lastedMs = performance.now() - measuredFrom
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'close')
      process.off('exit', killChild)
      if (output === '') throw new Error(`the sign-ins broke off after ${Math.round(performance.now() - began)} ms`)
      return summarise(JSON.parse(output), lastedMs)
    },
  }
}

/** Of the last so many milliseconds. */
const summarise = ({ tookMs, answeredAt, endedAt }: LoopFigures, lastedMs: number): LoopResult => {
  const from = endedAt - lastedMs
  const measured = (status: string) => (answeredAt[status] ?? []).filter(at => at >= from)
  const counts = Object.fromEntries(Object.keys(answeredAt).map(status => [status, measured(status).length]))
  return {
    counts,
    perSecond: status => perSecond(measured(status)),
    p99Ms: status => percentile(tookMs[status]?.slice(-(counts[status] ?? 0)) ?? [], 0.99),
  }
}

/** Between the first and the last of them: a piece of one at either end does not count. */
export const perSecond = (atMs: readonly number[]): number =>
  ((atMs.length - 1) / ((atMs.at(-1) ?? 0) - (atMs[0] ?? 0))) * 1000
