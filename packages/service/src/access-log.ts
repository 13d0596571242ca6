import type { RequestHandler, Response } from 'express'
import type { Log } from './log.ts'

/**
 * One line a request, when its connection is done with it: request id, method, route, status, duration. The route is the
 * pattern and never the address, which a client may have filled with secrets.
 */
export const accessLog = (log: Log): RequestHandler => {
  return (_req, res, next) => {
    res.on('close', writeLine)
    next()
  }

  function writeLine(this: Response): void {
    const { req, exchange, statusCode, writableFinished } = this
    const route = req.route?.path ?? null
    const line = {
      requestId: exchange.requestId,
      method: req.method,
      route,
      status: writableFinished ? statusCode : null,
      durationMs: Math.round((performance.now() - exchange.startedAt) * 10) / 10,
    }
    if (typeof route === 'string' && route.startsWith('/health/')) log.debug(line, 'request')
    else log.info(line, writableFinished ? 'request' : 'client went away')
  }
}
