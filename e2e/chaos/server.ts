import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Child, Processes, Program } from './processes.ts'
import { until } from './until.ts'

/** One of the pair's servers as a process, at one address whatever becomes of it. */
export interface Server {
  readonly name: string
  readonly url: string
  readonly running: boolean
  readonly pid: number
  /** Does not wait for it to be ready. */
  start(settings?: Readonly<Record<string, string>>): void
  end(signal: NodeJS.Signals): Promise<number | string>
  /** The memory that it occupies, in bytes. */
  memory(): number
  /** The lines of its log so far that are not about a single request. */
  log(): { level: string; msg: string; time: string | number; [key: string]: unknown }[]
  untilReady(withinMs?: number): Promise<number>
  /** The status of one of its health routes; 0 when nobody answers. */
  health(route: 'live' | 'ready'): Promise<number>
}

interface ServerNeeds {
  readonly name: string
  readonly port: number
  readonly dir: string
  readonly program: string
  readonly env: Readonly<Record<string, string>>
  readonly processes: Processes
}

const root = join(import.meta.dirname, '..', '..')

export const createServer = ({ name, port, dir, program, env, processes }: ServerNeeds): Server => {
  const url = `http://127.0.0.1:${port}`
  const log = join(dir, `${name}.log`)
  let child: Child | undefined
  const health: Server['health'] = route =>
    fetch(`${url}/health/${route}`, { signal: AbortSignal.timeout(6000) }).then(
      async res => {
        await res.arrayBuffer()
        return res.status
      },
      () => 0,
    )
  const started = (): Child => {
    if (!child) throw new Error(`${name} was not started`)
    return child
  }
  return {
    name,
    url,
    health,
    get running() {
      return child?.running ?? false
    },
    get pid() {
      return started().pid
    },
    start: (settings = {}) => {
      const whole: Program = {
        name,
        command: process.execPath,
        args: [join(root, program)],
        env: { ...env, ...settings },
        log,
      }
      child = processes.start(whole)
    },
    end: signal => started().end(signal),
    memory: () => {
      const pages = Number(readFileSync(`/proc/${started().pid}/statm`, 'utf8').split(' ')[1])
      return pages * 4096
    },
    log: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter(line => line.startsWith('{') && !/"msg":"(request|client went away)"/.test(line))
        .map(line => JSON.parse(line)),
    untilReady: (withinMs = 30_000) =>
      until(async () => (await health('ready')) === 200, `${name} is ready`, { withinMs }),
  }
}
