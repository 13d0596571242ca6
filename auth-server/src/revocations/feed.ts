import { type Revocation, writeRevocation } from '@auth-pair/access-token/pair'
import { Problem } from '@auth-pair/service'
import type { Response } from 'express'
import { createRecent } from './recent.ts'

/** Milliseconds between two words on a silent connection, well below the idle limits of common proxies. */
const heartbeatMs = 15_000

/** What may wait for a verifier that reads slowly, in bytes. Beyond it the connection is closed, and the verifier catches up. */
const maxWaiting = 4 * 1024 * 1024

interface FeedNeeds {
  /** Whether the record is in memory. */
  readonly isLoaded: () => boolean
  /** Whether this server hears of revocations at all: from the record, or from the other servers. */
  readonly isInformed: () => boolean
  /** Whether this server has read the record lately. */
  readonly isFresh: () => boolean
  /** The number up to which this server knows the record. */
  readonly known: () => number
  /** How long an access token can live after an entry, in milliseconds: what is older does not matter to verifiers. */
  readonly tokenLifeMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

interface Connection {
  readonly res: Response
  /** What is to be told once all that mattered before has been; undefined when it has. */
  waiting: string[] | undefined
}

/**
 * Streams revocations to verifying services as server-sent events (HTML Standard, section 9.2). Each event is an entry, its id
 * the number in the record. A new connection is told what matters now, or what came after the last number that it knows; then
 * `caught-up`; then each change. SECURITY: an id promises that everything before it has been told.
 */
export const createFeed = ({ isLoaded, isInformed, isFresh, known, tokenLifeMs, now }: FeedNeeds) => {
  const connections = new Set<Connection>()
  const recent = createRecent({ tokenLifeMs, now })
  let toldUpTo = 0
  let closed = false
  const heartbeat = setInterval(() => {
    recent.prune()
    broadcast(': still here\n\n')
  }, heartbeatMs).unref()

  const broadcast = (text: string) => {
    for (const { res, waiting } of connections) {
      if (waiting) waiting.push(text)
      else if (res.writableLength <= maxWaiting) res.write(text)
      else res.destroy()
    }
  }

  /** Sends what matters, as fast as it is read, and then what has changed meanwhile. */
  const catchUp = async (connection: Connection, lastSeq: number): Promise<void> => {
    const { res } = connection
    const seq = known()
    const entries = recent.after(lastSeq)
    for (let i = 0; i < entries.length; i += 1000) {
      const page = entries.slice(i, i + 1000).map(toEvent)
      if (!res.write(page.join(''))) await drained(res)
      if (!connections.has(connection)) return
    }
    res.write(`event: caught-up\nid: ${seq}\ndata: {}\n\n${connection.waiting?.join('') ?? ''}`)
    connection.waiting = undefined
  }

  return {
    /** Tells everybody what is new of these. */
    tell: (revocations: readonly Revocation[]): void => {
      const entries = recent.add(revocations)
      if (entries.length === 0) return
      // while the record cannot be read, what was heard is no promise about what was not
      broadcast(entries.map(isFresh() ? toEvent : toUnnumberedEvent).join(''))
    },
    /** Tells everybody up to which number they have heard everything, or that this server does not hear of anything itself. */
    checkpoint: (): void => {
      if (!isInformed()) {
        for (const { res } of connections) res.end()
        connections.clear()
      } else if (isFresh() && known() > toldUpTo) {
        toldUpTo = known()
        broadcast(`event: recorded\nid: ${toldUpTo}\ndata: {}\n\n`)
      }
    },
    /** Answers with the stream. `lastSeq` is what the caller knows already, NaN for nothing. */
    open: async (res: Response, lastSeq: number): Promise<void> => {
      if (closed || !isLoaded() || !isInformed()) throw new Problem('unavailable')
      const { headers, requestId } = res.exchange
      res.writeHead(200, [
        ...headers,
        ...['X-Request-Id', requestId],
        ...['Content-Type', 'text/event-stream; charset=utf-8'],
        // nginx, and what has learned it from there, would otherwise collect before it hands on
        ...['X-Accel-Buffering', 'no'],
      ])
      if (res.req.method === 'HEAD') return void res.end()
      const connection: Connection = { res, waiting: [] }
      connections.add(connection)
      res.on('close', () => connections.delete(connection))
      // a connection that breaks while something is written to it
      res.on('error', () => connections.delete(connection))
      res.socket?.setNoDelay(true)
      await catchUp(connection, lastSeq)
    },
    /** Ends every connection; the verifiers turn to another server. */
    close: (): void => {
      closed = true
      clearInterval(heartbeat)
      for (const { res } of connections) res.end()
      connections.clear()
    },
  }
}

const toUnnumberedEvent = (entry: Revocation): string => `data: ${writeRevocation(entry)}\n\n`

const toEvent = (entry: Revocation): string =>
  entry.seq === undefined ? toUnnumberedEvent(entry) : `id: ${entry.seq}\n${toUnnumberedEvent(entry)}`

const drained = (res: Response): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      res.off('drain', done).off('close', done)
      resolve()
    }
    res.on('drain', done).on('close', done)
  })
