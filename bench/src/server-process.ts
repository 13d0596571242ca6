import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const root = join(import.meta.dirname, '..', '..')

export interface ServerProcess {
  readonly pid: number
  /** Resolves when the server at this address says that it is ready. */
  ready(url: string): Promise<void>
  stop(): Promise<void>
}

// each process that is started listens for the end of this one
process.setMaxListeners(50)

/** Starts a server of the repository as a process of its own, with these settings and no others. Its log goes nowhere. */
export const startServer = async (program: string, settings: Record<string, string>): Promise<ServerProcess> => {
  const env = { PATH: process.env.PATH ?? '', ...settings }
  // not the root: a .env there would count
  const child = spawn(process.execPath, [join(root, program)], {
    cwd: '/',
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const stopChild = () => child.kill('SIGKILL')
  process.once('exit', stopChild)
  return {
    pid: child.pid ?? 0,
    ready: async url => {
      for (let i = 0; ; i++) {
        const res = await fetch(`${url}/health/ready`).catch(() => undefined)
        if (res?.status === 200) return
        if (child.exitCode !== null || i > 600) throw new Error(`${program} did not become ready`)
        await wait(50)
      }
    },
    stop: async () => {
      process.off('exit', stopChild)
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
