import { randomBytes } from 'node:crypto'
import { applyMigrations } from '@auth-pair/auth-server/migrate'
import { freePort } from '@auth-pair/dev/free-port'
import { createLog } from '@auth-pair/service'
import type { Needs, Store } from '../scenario.ts'
import { type ServerProcess, startServer } from '../server-process.ts'

export interface Listening extends ServerProcess {
  readonly url: string
  readonly port: number
}

/** A database with the tables of the auth-server, before one of them runs. */
export const startMigrated = async ({ startPostgres }: Needs): Promise<Store> => {
  const postgres = await startPostgres()
  await applyMigrations(postgres.url, createLog({ name: 'bench', level: 'warn' }))
  return postgres
}

/** Starts a server that ends with the scenario; `settings` are made of its port. */
export const startListening = async (
  { atEnd }: Needs,
  program: string,
  settings: (port: string) => Record<string, string>,
): Promise<Listening> => {
  const port = await freePort()
  const server = await startServer(program, settings(String(port)))
  atEnd(server.stop)
  const url = `http://127.0.0.1:${port}`
  await server.ready(url)
  return { ...server, url, port }
}

interface AuthServer {
  readonly postgres: Store
  readonly redis: Store
  /** What differs from the settings as they ship. */
  readonly settings: Readonly<Record<string, string>>
}

/** The settings of an auth-server as it ships, with secrets of its own. */
export const authSettings =
  ({ postgres, redis, settings }: AuthServer) =>
  (port: string): Record<string, string> => ({
    AUTH_PORT: port,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
    REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
    COOKIE_SECURE: 'false',
    ...settings,
  })
