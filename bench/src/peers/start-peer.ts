import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '@auth-pair/dev/free-port'
import type { Needs } from '../scenario.ts'
import { peersDir } from './install.ts'

export interface Peer {
  readonly pid: number
  readonly port: number
  /** Its protected route. */
  readonly url: string
  /** How the sessions that it has opened are presented, when it has any. */
  readonly cookies: readonly string[]
}

/** Starts a peer, as a process of its own that ends with the scenario, and waits until it says that it listens. */
export const startPeer = async (
  { atEnd }: Needs,
  program: string,
  settings: Readonly<Record<string, string>>,
): Promise<Peer> => {
  const port = await freePort()
  const env = { PATH: process.env.PATH ?? '', NODE_ENV: 'production', PORT: String(port), ...settings }
  const child = spawn(process.execPath, [join(peersDir, `${program}.mjs`)], {
    cwd: '/',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const killChild = () => child.kill('SIGKILL')
  process.once('exit', killChild)
  atEnd(async () => {
    process.off('exit', killChild)
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  for await (const line of createInterface(child.stdout)) {
    if (!line.startsWith('ready ')) continue
    const { cookies } = JSON.parse(line.slice(6)) as { cookies: string[] }
    return { pid: child.pid ?? 0, port, url: `http://127.0.0.1:${port}/api/restricted`, cookies }
  }
  throw new Error(`${program} ended before it was ready`)
}
