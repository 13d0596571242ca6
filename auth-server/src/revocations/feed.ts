import { type Revocation, writeRevocation } from '@auth-pair/access-token'
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
  /** The number up to which this server knows the record. */
  readonly known: () => number
  /** How long an access token can live after an entry, in milliseconds: what is older does not matter to verifiers. */
  readonly tokenLifeMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Streams revocations to verifying services as server-sent events (HTML Standard, section 9.2). Each event is an entry, its id
 * the number in the record. A new connection is told what matters now, or what came after the last number that it knows; then
 * `caught-up`; then each change.
 */
export const createFeed = ({ isLoaded, known, tokenLifeMs, now }: FeedNeeds) => {
  const connections = new Set<Response>()
  const recent = createRecent({ tokenLifeMs, now })
  let closed = false
  const heartbeat = setInterval(() => {
    recent.prune()
    broadcast(': still here\n\n')
  }, heartbeatMs).unref()

  const broadcast = (text: string) => {
    for (const res of connections) {
      if (res.writableLength > maxWaiting) res.destroy()
      else res.write(text)
    }
  }

  return {
    /** Tells everybody what is new of these. */
    tell: (revocations: readonly Revocation[]): void => {
      const entries = recent.add(revocations)
      if (entries.length > 0) broadcast(entries.map(toEvent).join(''))
    },
    /** Tells everybody up to which number they have heard everything. */
    checkpoint: (): void => broadcast(`event: recorded\nid: ${known()}\ndata: {}\n\n`),
    /** Answers with the stream. `lastSeq` is what the caller knows already, NaN for nothing. */
    open: async (res: Response, lastSeq: number): Promise<void> => {
      if (closed || !isLoaded()) throw new Problem('unavailable')
      const { headers, requestId } = res.exchange
      res.writeHead(200, [
        ...headers,
        ...['X-Request-Id', requestId],
        ...['Content-Type', 'text/event-stream; charset=utf-8'],
        // nginx, and what has learned it from there, would otherwise collect before it hands on
        ...['X-Accel-Buffering', 'no'],
      ])
      if (res.req.method === 'HEAD') return void res.end()
      res.on('close', () => connections.delete(res))
      res.socket?.setNoDelay(true)
      const seq = known()
      const entries = recent.after(lastSeq)
      // from here on every change is told as well, also those that come while this is being written
      connections.add(res)
      for (let i = 0; i < entries.length && !res.closed; i += 1000) {
        if (
          !res.write(
            entries
              .slice(i, i + 1000)
              .map(toEvent)
              .join(''),
          )
        )
          await drained(res)
      }
      if (!res.closed) res.write(`event: caught-up\nid: ${seq}\ndata: {}\n\n`)
    },
    size: (): number => connections.size,
    /** Ends every connection; the verifiers turn to another server. */
    close: (): void => {
      closed = true
      clearInterval(heartbeat)
      for (const res of connections) res.end()
    },
  }
}

const toEvent = (entry: Revocation): string =>
  `${entry.seq === undefined ? '' : `id: ${entry.seq}\n`}data: ${writeRevocation(entry)}\n\n`

const drained = (res: Response): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      res.off('drain', done).off('close', done)
      resolve()
    }
    res.on('drain', done).on('close', done)
  })
