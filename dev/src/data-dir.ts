import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'dotenv'

export interface DataDir {
  readonly path: string
  /** Secrets that were generated on the first start. */
  readonly secrets: Readonly<Record<string, string>>
  release(): void
}

/** A data directory that another running process holds. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'
}

/** Opens the folder where `npm start` keeps its stores and secrets, for this process alone. Throws DataDirInUse. */
export const openDataDir = (dir: string): DataDir => {
  const path = resolve(dir)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const lock = join(path, 'lock')
  takeLock(lock, path)
  return { path, secrets: readSecrets(join(path, 'secrets.env')), release: () => rmSync(lock, { force: true }) }
}

const takeLock = (lock: string, path: string): void => {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const pid = Number(readFileSync(lock, 'utf8'))
    if (isRunning(pid)) {
      throw new DataDirInUse(`${path} is in use by process ${pid}: stop it, or set DATA_DIR to another folder.`)
    }
    // left behind by a process that was killed
    rmSync(lock)
    takeLock(lock, path)
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const secretNames = ['JWT_ACCESS_SECRET', 'REFRESH_TOKEN_SECRET', 'SESSION_SECRET']

const readSecrets = (file: string): Record<string, string> => {
  const known = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {}
  // a folder of an earlier version lacks what is new
  const lines = secretNames
    .filter(name => known[name] === undefined)
    .map(name => `${name}=${randomBytes(48).toString('base64')}\n`)
  if (lines.length > 0) writeFileSync(file, lines.join(''), { mode: 0o600, flag: 'a' })
  return parse(readFileSync(file, 'utf8'))
}
