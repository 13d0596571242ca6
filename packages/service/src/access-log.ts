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
    const status = writableFinished ? statusCode : null
    const durationMs = Math.round((performance.now() - exchange.startedAt) * 10) / 10
    const { requestId } = exchange
    if (typeof route === 'string' && route.startsWith('/health/')) {
      log.debug({ requestId, method: req.method, route, status, durationMs }, 'request')
      return
    }
    // neither ids, nor the methods that Node knows, nor our patterns hold anything to escape
    const what = `"method":"${req.method}","route":${route === null ? null : `"${route}"`}`
    log.writeInfo(
      `"requestId":"${requestId}",${what},"status":${status},"durationMs":${durationMs}`,
      writableFinished ? 'request' : 'client went away',
    )
  }
}
