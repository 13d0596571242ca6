import { readFileSync } from 'node:fs'

/** Linux counts in ticks of this many microseconds (`getconf CLK_TCK` is 100 everywhere that matters). */
const tickUs = 10_000

/** The CPU time that a process has taken so far, all its threads together, in microseconds. */
export const cpuTimeUs = (pid: number): number => readTime(`/proc/${pid}/stat`)

/** The CPU time that its main thread has taken so far, in microseconds: the event loop, without the threads that hash. */
export const mainThreadTimeUs = (pid: number): number => readTime(`/proc/${pid}/task/${pid}/stat`)

const readTime = (file: string): number => {
  const [, fields = ''] = readFileSync(file, 'utf8').split(') ')
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) * tickUs
}
