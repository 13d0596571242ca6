import { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import pg from 'pg'
import { applyMigrations } from './migrate.ts'

/** Milliseconds. The second limit of a statement is for a server that does not even say that time is up. */
const postgresLimits = { connect: 2000, statement: 2500, reply: 2750 } as const

export interface Statement {
  readonly name: string
  readonly text: string
}

/**
 * PostgreSQL with a deadline on every call. Whatever means "not now" is thrown as `Problem('unavailable')`; what is left are
 * the database's own objections, such as a unique violation, and faults of this program.
 */
export interface Postgres {
  /** A statement that changes nothing: asked once more when its connection turns out to be dead. */
  read<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>
  /** A statement that is sent once. Throws OutcomeUnknown when it may have been done all the same. */
  write<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>
  /** Waits for the server, however long it takes, and applies the migrations. Rejects when they are at fault. */
  start(): Promise<void>
  /** Whether the schema is in place and the server answers. */
  ready(): Promise<boolean>
  close(): Promise<void>
}

interface PostgresNeeds {
  readonly url: string
  /** Of the role that owns the tables, when it is another one. */
  readonly ownerUrl?: string | undefined
  readonly log: Log
  /** Whether statements are prepared once a connection. Not every pooler can keep them. */
  readonly prepare: boolean
  readonly poolSize?: number
}

/** The statement was sent, and no answer came: it may have been done, or be done later. */
export class OutcomeUnknown extends Problem {
  /** Whether the server is silent, so that it makes no sense to ask it at once. Otherwise the connection broke. */
  readonly silent: boolean
  constructor(cause: unknown) {
    super('unavailable', { cause })
    this.silent = (cause as Error)?.message === 'Query read timeout'
  }
}

/** A client whose connection can be dropped. `end` says goodbye, and waits for a server that may never answer. */
class DroppableClient extends pg.Client {
  readonly #socket: Socket
  constructor(config: pg.ClientConfig) {
    const socket = new Socket()
    super({ ...config, stream: () => socket })
    this.#socket = socket
  }
  drop(): void {
    this.#socket.destroy()
  }
}

const ping: Statement = { name: 'ping', text: 'select 1' }

export const createPostgres = ({ url, ownerUrl, log, prepare, poolSize = 10 }: PostgresNeeds): Postgres => {
  const pool = new pg.Pool({
    Client: DroppableClient as never,
    connectionString: url,
    application_name: 'auth-server',
    max: poolSize,
    connectionTimeoutMillis: postgresLimits.connect,
    statement_timeout: postgresLimits.statement,
    query_timeout: postgresLimits.reply,
    keepAlive: true,
  })
  // a connection that the server closed, idle or in use; without a listener on both it would end this process
  const onClosed = (error: Error) => log.debug({ err: error }, 'PostgreSQL closed a connection')
  pool.on('error', onClosed)
  pool.on('connect', client => client.on('error', onClosed))
  const closing = new AbortController()
  let migrated = false
  let down = false
  const due = atMostEvery(10_000)
  const note = (cause: unknown) => {
    down = true
    if (due()) log.warn({ err: cause }, 'PostgreSQL is not available')
  }
  const noteBack = () => {
    if (down) log.info('PostgreSQL is available again')
    down = false
  }

  const send = async <Row>({ name, text }: Statement, values: readonly unknown[]): Promise<Row[]> => {
    if (!migrated) throw new Problem('unavailable', { cause: new Error('the database schema is not in place yet') })
    const client = await pool.connect().catch(error => {
      if (!isUnavailable(error)) throw error
      note(error)
      throw new Problem('unavailable', { cause: error })
    })
    let broken = true
    try {
      const result = await client.query({ ...(prepare && { name }), text, values: [...values] })
      broken = false
      noteBack()
      return result.rows
    } catch (error) {
      broken = isUnavailable(error)
      if (!broken) throw error
      note(error)
      // the database's own word that it could not is an outcome; silence is none
      throw error instanceof pg.DatabaseError ? new Problem('unavailable', { cause: error }) : new OutcomeUnknown(error)
    } finally {
      client.release(broken)
      if (broken) (client as unknown as DroppableClient).drop()
    }
  }

  const read: Postgres['read'] = (statement, values) =>
    send<never>(statement, values).catch(error => {
      if (!isLostConnection(error?.cause)) throw error
      return send(statement, values)
    })

  return {
    read,
    write: send,
    start: async () => {
      for (let attempt = 0; !migrated && !closing.signal.aborted; attempt++) {
        try {
          await applyMigrations(url, log, ownerUrl)
          migrated = true
        } catch (error) {
          if (!isUnavailable(error)) throw error
          // about one line in ten seconds, once it takes long
          const seconds = Math.min(10, 0.5 * 2 ** attempt)
          log.warn({ err: error }, `PostgreSQL is not available, trying again in ${seconds} s`)
          await wait(seconds * 1000 * (0.8 + Math.random() * 0.2), undefined, { signal: closing.signal }).catch(
            () => {},
          )
        }
      }
    },
    ready: () =>
      read(ping, []).then(
        rows => rows.length === 1,
        () => false,
      ),
    close: async () => {
      closing.abort()
      await pool.end()
    },
  }
}

/** Whether the error is the database's refusal of a second row under this unique constraint. */
export const violatesUnique = (error: unknown, constraint: string): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === constraint

/**
 * The SQLSTATE classes and codes that say "not now": no connection, no resources, shutting down, I/O error, read-only after a
 * fail-over, lost to another transaction, lock not available, not let in, no such database (yet).
 */
const unavailableStates = /^(08|53|57|58|28|25006|40001|40P01|55P03|3D000)/

/** What pg says, without a code, of a connection that is broken or does not come. */
const brokenConnection =
  /timeout|terminated|connection ended|connection error|not queryable|ended the connection|SASL|SSL/i

/** Whether the error means "not now". Anything else is the database's objection or a fault of this program. */
const isUnavailable = (error: unknown): boolean => {
  if (error instanceof pg.DatabaseError) return unavailableStates.test(error.code ?? '')
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  // Node's own codes of sockets and names: ECONNREFUSED, ENOTFOUND, EAI_AGAIN...
  return (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) || brokenConnection.test(String(message))
}

/** The connection was dead when the statement came: nothing was done with it, or nothing that a read would change. */
const isLostConnection = (error: unknown): boolean => {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  return /^(57P0[1-3]|ECONNRESET|EPIPE)$/.test(code ?? '') || message === 'Connection terminated unexpectedly'
}
