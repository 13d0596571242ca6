import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import { responseHeaders } from './headers.ts'

/** What the shell knows of one request and its answer. Every request has one before anything else looks at it. */
export interface Exchange {
  readonly requestId: string
  /** `performance.now()` at the start. */
  readonly startedAt: number
  /** The headers that every answer of this server carries, as a flat list of names and values. */
  readonly headers: readonly string[]
  /** What the answer has to say when the deadline cuts the request off from here on. */
  unfinished?: string
}

declare global {
  namespace Express {
    interface Response {
      exchange: Exchange
    }
  }
}

const wellFormedId = /^[A-Za-z0-9-]{1,64}$/

/**
 * Hands out request ids: the caller's own when it is well formed, so that a trace can cross services, otherwise a
 * counter behind a random prefix of the process. Ids name log lines and are no secret, so they need no random bytes each.
 */
const createRequestIds = (prefix: string) => {
  let count = 0
  return (req: IncomingMessage): string => {
    const theirs = req.headers['x-request-id']
    return typeof theirs === 'string' && wellFormedId.test(theirs) ? theirs : `${prefix}-${(++count).toString(36)}`
  }
}

/** Opens the exchange of each request. `https` tells whether the outside reaches this server by https. */
export const openExchange = ({ prefix, https }: { prefix: string; https: boolean }): RequestHandler => {
  const requestId = createRequestIds(prefix)
  const headers = responseHeaders({ https })
  return (req, res, next) => {
    res.exchange = { requestId: requestId(req), startedAt: performance.now(), headers }
    next()
  }
}
