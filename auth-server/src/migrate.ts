import { join } from 'node:path'
import type { Log } from '@auth-pair/service'
import { PG_MIGRATE_LOCK_ID, runner } from 'node-pg-migrate'
import pg from 'pg'
import { grantToServer } from './database-roles.ts'

const dir = join(import.meta.dirname, '..', 'migrations')

/**
 * Brings the database up to the newest migration. Any number of servers may do so at once: one does it, under
 * node-pg-migrate's advisory lock, the others wait for it and then find nothing to do. With the URL of an owner, it is the owner who
 * does it, and then gives the role of `url` what the server needs.
 */
export const applyMigrations = async (url: string, log: Log, ownerUrl?: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: ownerUrl ?? url,
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
    await underLock(client, async () => {
      const applied = await runner({
        dbClient: client,
        dir,
        direction: 'up',
        migrationsTable: 'migrations',
        noLock: true,
        singleTransaction: true,
        logger: { info: () => {}, warn: message => log.warn(message), error: message => log.debug(message) },
      })
      if (applied.length > 0) log.info({ migrations: applied.map(({ name }) => name) }, 'database migrated')
      if (ownerUrl !== undefined) await grantToServer(client, url, log)
    })
  } finally {
    await client.end().catch(() => {})
  }
}

/** Under the lock that node-pg-migrate would take by itself, for longer: servers of the version before know no other. */
const underLock = async (client: pg.Client, work: () => Promise<void>): Promise<void> => {
  await client.query('select pg_advisory_lock($1)', [PG_MIGRATE_LOCK_ID])
  try {
    await work()
  } finally {
    // the end of the connection does it too, unless a pooler keeps it
    await client.query('select pg_advisory_unlock($1)', [PG_MIGRATE_LOCK_ID]).catch(() => {})
  }
}
