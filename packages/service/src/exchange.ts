import type { IncomingMessage } from 'node:http'
import type { RequestHandler, Response } from 'express'
import { responseHeaders } from './headers.ts'
import type { Problem } from './problems.ts'

/** Answers with a problem where people, and not programs, read it. Whether it did. */
export type ShowProblem = (res: Response, problem: Problem) => boolean

/** What the shell knows of one request and its answer. Every request has one before anything else looks at it. */
export interface Exchange {
  readonly requestId: string
  /** `performance.now()` at the start. */
  readonly startedAt: number
  /** The headers that every answer of this server carries, as a flat list of names and values. */
  readonly headers: readonly string[]
  /** Logs a problem. For answers that tell of it in another form. */
  readonly note: (res: Response, problem: Problem) => void
  /** Answers with a problem, and logs it: what throwing it would come to, without the way through the router. */
  readonly refuse: (res: Response, problem: Problem) => void
  readonly showProblem?: ShowProblem | undefined
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

interface ExchangeNeeds {
  readonly prefix: string
  /** Whether the outside reaches this server by https. */
  readonly https: boolean
  readonly note: Exchange['note']
  readonly refuse: Exchange['refuse']
  readonly showProblem?: ShowProblem | undefined
}

/** Opens the exchange of each request. */
export const openExchange = ({ prefix, https, note, refuse, showProblem }: ExchangeNeeds): RequestHandler => {
  const requestId = createRequestIds(prefix)
  const headers = responseHeaders({ https })
  return (req, res, next) => {
    res.exchange = { requestId: requestId(req), startedAt: performance.now(), headers, note, refuse, showProblem }
    next()
  }
}
