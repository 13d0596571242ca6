import { join } from 'node:path'
import type { Log } from '@auth-pair/service'
import { runner } from 'node-pg-migrate'
import pg from 'pg'

const dir = join(import.meta.dirname, '..', 'migrations')

/**
 * Brings the database up to the newest migration. Any number of servers may do so at once: one does it, under
 * node-pg-migrate's advisory lock, the others wait for it and then find nothing to do.
 */
export const applyMigrations = async (url: string, log: Log): Promise<void> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'auth-server migrations',
    connectionTimeoutMillis: 2000,
    statement_timeout: 60_000,
    // rather try again later than make every query of a running server queue up behind a waiting change of a table
    lock_timeout: 5000,
    // for a server that does not even say that time is up
    query_timeout: 65_000,
    keepAlive: true,
  })
  // a connection that breaks between two statements
  client.on('error', error => log.debug({ err: error }, 'PostgreSQL closed the connection of the migrations'))
  try {
    await client.connect()
    const applied = await runner({
      dbClient: client,
      dir,
      direction: 'up',
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      singleTransaction: true,
      logger: { info: () => {}, warn: message => log.warn(message), error: message => log.debug(message) },
    })
    if (applied.length > 0) log.info({ migrations: applied.map(({ name }) => name) }, 'database migrated')
  } finally {
    await client.end().catch(() => {})
  }
}
