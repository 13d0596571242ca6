import { randomBytes } from 'node:crypto'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { accessLog } from './access-log.ts'
import { allowOrigins } from './allow-origins.ts'
import { atMostEvery } from './at-most-every.ts'
import { countHeader } from './count-header.ts'
import { refuseCrossSite } from './cross-site.ts'
import { requestDeadline } from './deadline.ts'
import { type Exchange, openExchange, type ShowProblem } from './exchange.ts'
import { answerWith } from './held-back.ts'
import { inTurn } from './in-turn.ts'
import type { Log } from './log.ts'
import { Problem } from './problems.ts'
import type { Route } from './route.ts'
import { sendNothing } from './send.ts'
import { toProblem } from './to-problem.ts'

export interface ServiceNeeds {
  readonly routes: readonly Route[]
  readonly log: Log
  /** The origin of this server's own pages, when it has any. */
  readonly publicOrigin?: string
  /** Whether the outside reaches this server by https. */
  readonly https: boolean
  /** Foreign origins whose pages may call this server, exact. */
  readonly corsOrigins: readonly string[]
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  /** Answers with the problems of pages; none when this server has no pages of its own. */
  readonly showProblem?: ShowProblem
  /** How long a request may take before it is answered 503, in milliseconds; none for a server that waits for nobody. */
  readonly deadlineMs?: number
}

/** The Express application around a table of routes: everything that is the same for every route of every server. */
export const createService = (needs: ServiceNeeds): Express => {
  const { routes, log, publicOrigin, https, corsOrigins, trustedProxies, showProblem, deadlineMs } = needs
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.set('trust proxy', [...trustedProxies])
  app.enable('case sensitive routing')
  app.enable('strict routing')

  const note = createNote(log)
  const refuse: Exchange['refuse'] = (res, problem) => {
    note(res, problem)
    answerWith(res, problem)
  }
  const exchange = openExchange({ prefix: randomBytes(6).toString('hex'), https, note, refuse, showProblem })
  const shell = [exchange, accessLog(log), requireHost]
  if (deadlineMs !== undefined) shell.push(requestDeadline(deadlineMs, log))
  if (corsOrigins.length > 0) shell.push(allowOrigins(corsOrigins))
  shell.push(refuseCrossSite(publicOrigin, corsOrigins))
  app.use(inTurn(shell))

  for (const [path, methods] of byPath(routes)) {
    const route = app.route(path)
    for (const { method, guard, handle } of methods) route[method](guard, ...handle)
    route.all(otherMethod(methods))
  }
  app.use(() => {
    throw new Problem('not-found')
  })
  const answerError: ErrorRequestHandler = (error, _req, res, _next) => refuse(res, toProblem(error))
  app.use(answerError)
  return app
}

/** RFC 9112, section 3.2. Node's own refusal would lack our headers. */
const requireHost: RequestHandler = (req, _res, next) => {
  if (req.headers.host === undefined && req.httpVersion !== '1.0') {
    throw new Problem('malformed-request', { detail: 'The Host header is missing.' })
  }
  if (countHeader(req, 'host') > 1)
    throw new Problem('malformed-request', { detail: 'There are several Host headers.' })
  next()
}

const byPath = (routes: readonly Route[]): Map<string, Route[]> => {
  const paths = new Map<string, Route[]>()
  for (const route of routes) {
    const methods = paths.get(route.path) ?? []
    if (methods.some(({ method }) => method === route.method))
      throw new Error(`two routes ${route.method} ${route.path}`)
    paths.set(route.path, [...methods, route])
  }
  return paths
}

const otherMethod = (routes: readonly Route[]): RequestHandler => {
  const allow = [
    ...routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])),
    'OPTIONS',
  ]
  return (req, res) => {
    if (req.method !== 'OPTIONS') throw new Problem('method-not-allowed', { headers: { Allow: allow.join(', ') } })
    res.setHeader('Allow', allow.join(', '))
    sendNothing(res)
  }
}

const createNote = (log: Log): Exchange['note'] => {
  // during an outage every request has the same to say
  const due = atMostEvery(10_000)
  return (res, problem) => {
    const { requestId } = res.exchange
    if (problem.status === 500) log.error({ requestId, err: problem.cause }, 'unexpected error')
    else if (problem.status === 503 && due()) log.warn({ requestId, err: problem.cause }, problem.code)
    else if (log.isLevelEnabled('debug')) log.debug({ requestId, code: problem.code, err: problem.cause }, 'refused')
  }
}
