import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { testEnvironment } from './index.ts'

/** A database of its own for a test that does what the others could not bear. Needs a real PostgreSQL. */
export const freshDatabase = async () => {
  const url = new URL(testEnvironment().DATABASE_URL ?? '')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const clients: pg.Client[] = []
  const connectTo = async (connectionString: string) => {
    const client = new pg.Client({ connectionString })
    client.on('error', () => {})
    clients.push(client)
    await client.connect()
    return client
  }
  const admin = await connectTo(url.href)
  await admin.query(`create database ${name}`)
  url.pathname = `/${name}`
  let own: pg.Client | undefined
  return {
    url: url.href,
    admin,
    connect: () => connectTo(url.href),
    /** How many rows a query gives. */
    rows: async (text: string): Promise<number> => {
      own ??= await connectTo(url.href)
      return (await own.query(text)).rows.length
    },
    endConnections: () =>
      admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]),
    close: async () => {
      await admin.query(`drop database ${name} with (force)`)
      for (const client of clients) await client.end().catch(() => {})
    },
  }
}
