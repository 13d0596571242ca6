import { randomUUID } from 'node:crypto'
import { lstat, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { unlessAborted } from './core/ask-server.ts'
import { longestTurnMs } from './store.ts'

/** How long to wait before a look at a lock that is held, at most. Milliseconds. */
const glanceMs = 50

/**
 * Takes a lock file, and gives the way to release it. One whose process is gone from this machine, or that is too old, is taken over. Two may take
 * it over in one moment and both go on, and one that is only slow may be robbed: whoever writes must compare what it replaces.
 */
export const lockFile = async (path: string, signal?: AbortSignal): Promise<() => Promise<void>> => {
  const mine = JSON.stringify({ pid: process.pid, ...(await whereOurPidsCount()), id: randomUUID() })
  for (;;) {
    signal?.throwIfAborted()
    if (await made(path, mine)) return () => release(path, mine)
    if (await isLeftBehind(path)) await discard(path)
    await unlessAborted(glance(), signal)
  }
}

/** Containers of one pod share a hostname, and each has its own process 7. Only Linux has these namespaces. */
const whereOurPidsCount = async () => ({
  host: hostname(),
  pids: await readlink('/proc/self/ns/pid').catch(() => undefined),
})

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
    // of a link, the link's own
    const { mtimeMs } = await lstat(path)
    // the clock may have been set back since
    if (Math.abs(Date.now() - mtimeMs) > longestTurnMs) return true
    const { pid, host, pids } = JSON.parse(await readFile(path, 'utf8'))
    const ours = await whereOurPidsCount()
    return host === ours.host && pids === ours.pids && typeof pid === 'number' && !isRunning(pid)
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
  try {
    await rename(path, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await rm(name, { force: true })
}

const release = async (path: string, mine: string) => {
  const now = await readFile(path, 'utf8').catch(() => undefined)
  if (now === mine) await rm(path, { force: true }).catch(() => {})
}
