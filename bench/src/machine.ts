import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** Where figures were measured. They are worth nothing without it. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  /** Processes that wanted a core in the minute before the run: much above 0, others were at work too. */
  readonly loadBefore: number
}

export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: `${type()} ${release()}`,
  node: process.version,
  loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
})
