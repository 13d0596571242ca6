import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Paced {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly perSecond: number
  /** Values of `Authorization`, one a line, that are sent in turn. */
  readonly file: string
}

/** Since the start. */
export interface PacedCounts {
  readonly sent: number
  readonly answered: number
  /** Of those, with 4xx. */
  readonly refused: number
  /** Were due, and not sent because the server was behind. */
  readonly unsent: number
  readonly atMs: number
}

export interface PacedSender {
  readonly pid: number
  counts(): Promise<PacedCounts>
  stop(): Promise<void>
}

/** Starts requests at a constant rate from a process of its own. */
export const startPacedSender = (paced: Paced): PacedSender => {
  const program = join(import.meta.dirname, 'paced-sender.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(paced)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const killChild = () => child.kill('SIGKILL')
  process.once('exit', killChild)
  const lines = createInterface(child.stdout)
  return {
    pid: child.pid ?? 0,
    counts: async () => {
      const told = once(lines, 'line')
      child.stdin.write('\n')
      const ended = once(child, 'exit').then(() => {
        throw new Error('the sender broke off')
      })
      const [line] = await Promise.race([told, ended])
      return JSON.parse(String(line)) as PacedCounts
    },
    stop: async () => {
      process.off('exit', killChild)
      child.stdin.end()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
