import type { RequestHandler, Response } from 'express'
import { atMostEvery } from './at-most-every.ts'
import type { Log } from './log.ts'
import { Problem } from './problems.ts'
import { sendProblem } from './send.ts'

/**
 * Answers when a request is not answered after so many milliseconds: 408 when its body has not come, otherwise 503, whatever
 * its handler still waits for.
 */
export const requestDeadline = (milliseconds: number, log: Log): RequestHandler => {
  // in a flood every request has the same to say, and its own line in the access log
  const due = atMostEvery(10_000)
  return (_req, res, next) => {
    const timer = setTimeout(tooLate, milliseconds, res)
    res.on('close', () => clearTimeout(timer))
    next()
  }

  function tooLate(res: Response): void {
    if (res.headersSent) return
    if (res.req.complete) {
      if (due()) log.warn({ requestId: res.exchange.requestId }, `not answered within ${milliseconds} ms`)
      const { unfinished: detail } = res.exchange
      sendProblem(res, new Problem('unavailable', detail === undefined ? {} : { detail }))
    } else {
      sendProblem(res, new Problem('request-timeout', { headers: { Connection: 'close' } }))
    }
  }
}
