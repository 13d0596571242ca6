import type { RequestHandler, Response } from 'express'
import { Problem } from './problems.ts'
import { sendProblem } from './send.ts'

/** Answers 503 when a request is not answered after so many milliseconds, whatever its handler still waits for. */
export const requestDeadline = (milliseconds: number): RequestHandler => {
  return (_req, res, next) => {
    const timer = setTimeout(tooLate, milliseconds, res)
    res.on('close', () => clearTimeout(timer))
    next()
  }

  function tooLate(res: Response): void {
    sendProblem(res, new Problem('unavailable', { cause: new Error(`not answered within ${milliseconds} ms`) }))
  }
}
