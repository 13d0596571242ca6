import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { AuthError } from './core/auth-error.ts'
import { lockFile } from './lock-file.ts'
import type { Store } from './store.ts'

/** More than any session takes, in bytes. */
const mostBytes = 65_536

/** What is left of a write that was killed is removed after this. Milliseconds. */
const abandonedMs = 60_000

/**
 * Keeps the session in a file that only its owner can read (0600), in a folder that is made with 0700 when there is none. It is
 * replaced as a whole, so that a crash leaves the old one or the new one. A file that others can read or that another user owns is refused, except on
 * Windows, which has no such modes; so is what is no file, a link too. Processes that share the file take turns by a lock file beside it.
 */
export const fileStore = (path: string): Store => {
  const file = resolve(path)
  const folder = dirname(file)
  const unfinished = `.${basename(file)}.unfinished-`

  const isKept = async (former: string | undefined) => former === undefined || (await readPrivate(file)) === former

  const put = async (text: string, former: string | undefined) => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const fresh = join(folder, unfinished + randomUUID())
    try {
      const handle = await open(fresh, 'wx', 0o600)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      // compared at the last moment: a turn that took too long may be somebody else's by now
      if (!(await isKept(former))) {
        await rm(fresh, { force: true })
        return false
      }
      await rename(fresh, file)
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => {})
      throw error
    }
    await settle(folder)
    await sweep(folder, unfinished)
    return true
  }

  const remove = async (former: string | undefined) => {
    if (!(await isKept(former))) return false
    await rm(file, { force: true })
    await settle(folder)
    return true
  }

  return {
    read: () => explained(file, 'read', () => readPrivate(file)),
    write: (text, former) =>
      explained(file, 'written', () => (text === undefined ? remove(former) : put(text, former))),
    lock: signal =>
      explained(file, 'locked', async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        return lockFile(`${file}.lock`, signal)
      }),
  }
}

/** A link may lead anywhere, and a pipe would be waited for until somebody writes to it. Windows has neither flag. */
const unlinked = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

const readPrivate = async (file: string): Promise<string | undefined> => {
  const handle = await open(file, constants.O_RDONLY | unlinked).catch(unlessMissing(file))
  if (!handle) return undefined
  try {
    const { mode, size, uid } = await handle.stat()
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw noFile(file)
    const us = process.geteuid?.()
    if (us !== undefined && uid !== us)
      throw new AuthError(
        'store-unusable',
        `${file} belongs to another user (${uid}; this process is ${us}). Run as that user, or choose another place.`,
      )
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new AuthError(
        'store-unusable',
        `${file} is open to others than its owner (mode ${(mode & 0o777).toString(8)}). Remove it and sign in again, or chmod 600 it if nobody has read it.`,
      )
    if (size > mostBytes) throw new AuthError('store-unusable', `${file} is too large to be a session.`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** A rename lasts when its folder is written; some systems do that by themselves and refuse to be asked. */
const settle = async (folder: string) => {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close().catch(() => {})
}

/** Never fails: the text is kept by then, and a write that was done must not be told as one that was not. */
const sweep = async (folder: string, prefix: string) => {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter(entry => entry.startsWith(prefix))) {
    const left = join(folder, name)
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Number.NaN }))
    if (Date.now() - mtimeMs > abandonedMs) await rm(left, { force: true }).catch(() => {})
  }
}

const noFile = (file: string) =>
  new AuthError('store-unusable', `${file} is not a file, or a link to one. Give the path of a file.`)

const unlessMissing =
  (file: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    // what a link is opened with under O_NOFOLLOW
    if (error.code === 'ELOOP') throw noFile(file)
    if (error.code !== 'ENOENT') throw error
  }

const explained = async <T>(file: string, done: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (cause instanceof AuthError || code === undefined || typeof code !== 'string') throw cause
    throw new AuthError('store-unusable', `${file} cannot be ${done} (${code}).`, { cause })
  }
}
