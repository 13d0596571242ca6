import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Recorder } from './recorder.ts'

export interface Program {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** Where its output goes. */
  readonly log: string
}

export interface Child {
  readonly pid: number
  readonly running: boolean
  /** Sends a signal that does not end it. */
  signal(signal: NodeJS.Signals): void
  /** Sends a signal that ends it, as the schedule wants, and resolves when it is gone: to the exit code, or to the signal. */
  end(signal: NodeJS.Signals): Promise<number | string>
  /** Resolves when it is gone, to the exit code or the signal. */
  readonly gone: Promise<number | string>
}

export interface Processes {
  start(program: Program): Child
  /** Ends what is still there. */
  endAll(): Promise<void>
}

/** Starts programs, knows what became of each, and ends no other. */
export const createProcesses = ({ record }: Pick<Recorder, 'record'>): Processes => {
  const running = new Map<ChildProcess, Child>()

  const start = ({ name, command, args, env = {}, user, log }: Program): Child => {
    const output = openSync(log, 'a')
    const { PATH = '', HOME = '' } = process.env
    const child = spawn(command, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', output, output], ...user })
    closeSync(output)
    child.on('error', error => record({ type: 'process', name, what: 'exited', detail: error.message }))
    if (child.pid === undefined) throw new Error(`${command} does not start`)
    const gone = new Promise<number | string>(resolve => {
      child.once('exit', (code, signal) => {
        running.delete(child)
        record({ type: 'process', name, what: 'exited', detail: String(code ?? signal) })
        resolve(code ?? String(signal))
      })
    })
    record({ type: 'process', name, what: 'started', detail: `pid ${child.pid}` })
    const handle: Child = {
      pid: child.pid,
      get running() {
        return running.has(child)
      },
      signal: signal => void child.kill(signal),
      end: signal => {
        if (running.has(child)) record({ type: 'process', name, what: 'ending', detail: signal })
        child.kill(signal)
        // one that is paused takes no signal but these
        if (signal !== 'SIGKILL') child.kill('SIGCONT')
        return gone
      },
      gone,
    }
    running.set(child, handle)
    return handle
  }

  // when this process breaks, it leaves nobody behind
  const killAll = () => {
    for (const child of running.keys()) child.kill('SIGKILL')
  }
  process.once('exit', killAll)

  return {
    start,
    endAll: async () => {
      await Promise.all([...running.values()].map(child => child.end('SIGKILL')))
      process.off('exit', killAll)
    },
  }
}
