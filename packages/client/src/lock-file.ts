import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { unlessAborted } from './core/ask-server.ts'
import { longestTurnMs } from './store.ts'

/** How long to wait before a look at a lock that is held, at most. Milliseconds. */
const glanceMs = 50

/**
 * Takes a lock file, and gives the way to release it. One whose process is gone from this machine, or that is too old, is taken over. Two may take
 * it over in one moment and both go on, which costs the auth-server a request and nobody a session.
 */
export const lockFile = async (path: string, signal?: AbortSignal): Promise<() => Promise<void>> => {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() })
  for (;;) {
    signal?.throwIfAborted()
    if (await made(path, mine)) return () => release(path, mine)
    if (await isLeftBehind(path)) await discard(path)
    else await unlessAborted(glance(), signal)
  }
}

const glance = () => new Promise<void>(resolve => setTimeout(resolve, glanceMs * (0.5 + Math.random() / 2)))

const made = async (path: string, text: string): Promise<boolean> => {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const isLeftBehind = async (path: string): Promise<boolean> => {
  try {
    const { mtimeMs } = await stat(path)
    // the clock may have been set back since
    if (Math.abs(Date.now() - mtimeMs) > longestTurnMs) return true
    const { pid, host } = JSON.parse(await readFile(path, 'utf8'))
    return host === hostname() && typeof pid === 'number' && !isRunning(pid)
  } catch {
    // released meanwhile, or not written yet
    return false
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** By a name of its own, so that of two who do this only one removes what it has looked at. */
const discard = async (path: string) => {
  const name = `${path}.${randomUUID()}`
  await rename(path, name).catch(() => {})
  await rm(name, { force: true })
}

const release = async (path: string, mine: string) => {
  const now = await readFile(path, 'utf8').catch(() => undefined)
  if (now === mine) await rm(path, { force: true }).catch(() => {})
}
