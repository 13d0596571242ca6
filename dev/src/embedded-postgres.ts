import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

export interface Store {
  readonly url: string
  readonly about: string
  close(): Promise<void>
}

/**
 * PostgreSQL inside of this process (PGlite), behind a socket on loopback, so that `pg` speaks to it as to any other. All
 * connections are one session for it: named prepared statements have to be off.
 */
export const startPostgres = async (dir?: string): Promise<Store> => {
  const db = await PGlite.create(dir === undefined ? {} : { dataDir: dir })
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 100 })
  await server.start()
  return {
    url: `postgres://postgres:postgres@${server.getServerConn()}/postgres`,
    about: dir === undefined ? 'embedded PostgreSQL, in memory' : `embedded PostgreSQL in ${dir}`,
    close: async () => {
      await server.stop()
      await db.close()
    },
  }
}
