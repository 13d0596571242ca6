import type { RequestHandler } from 'express'

/** A route is data. There is no route without a guard: one that anybody may call says `open`. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete'
  readonly path: string
  readonly guard: RequestHandler
  readonly handle: readonly RequestHandler[]
}

/** The guard of a route that needs no credentials to be called. */
export const open: RequestHandler = (_req, _res, next) => next()
