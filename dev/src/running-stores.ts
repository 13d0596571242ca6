import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigurationError, type Environment } from '@auth-pair/service'
import { parse } from 'dotenv'

const file = (dir: string) => join(resolve(dir), 'running.env')

/** Leaves word of the stores that `npm start` has made, for commands that are run beside it. Gives the way to take it back. */
export const announceStores = (dir: string, settings: Environment): (() => void) => {
  const names = [
    'DATABASE_URL',
    'DATABASE_OWNER_URL',
    'DATABASE_PREPARE',
    'REDIS_URL',
    'JWT_ACCESS_SECRET',
    'REFRESH_TOKEN_SECRET',
    'COOKIE_SECURE',
    'PUBLIC_URL',
    'JWT_ISSUER',
  ]
  const lines = names.map(name => `${name}='${settings[name] ?? ''}'`)
  writeFileSync(file(dir), `${lines.join('\n')}\n`, { mode: 0o600 })
  return () => rmSync(file(dir), { force: true })
}

/** The settings of a running `npm start`. Throws ConfigurationError when there is none. */
export const readRunningStores = (dir: string): Record<string, string> => {
  const found = findRunningStores(dir)
  if (found) return found
  throw new ConfigurationError(['npm start is not running here, and DATABASE_URL is not set: which stores are meant?'])
}

/** The same, or undefined. */
export const findRunningStores = (dir: string): Record<string, string> | undefined =>
  existsSync(file(dir)) ? parse(readFileSync(file(dir), 'utf8')) : undefined
