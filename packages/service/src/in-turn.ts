import type { NextFunction, RequestHandler } from 'express'

/**
 * Handlers as one: each layer of its own costs the router as much as a small handler does. A promise that one of them returned
 * would be nobody's, so none may be asynchronous.
 */
export const inTurn =
  (handlers: readonly RequestHandler[]): RequestHandler =>
  (req, res, next) => {
    let i = 0
    const step: NextFunction = error => {
      const handler = handlers[i++]
      if (error || handler === undefined) next(error)
      else handler(req, res, step)
    }
    step()
  }
