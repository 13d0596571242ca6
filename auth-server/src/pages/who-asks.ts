import { Problem } from '@auth-pair/service'
import type { Request } from 'express'
import type { WhoAsks } from './needs.ts'

/** The user and session of a request behind the guard. */
export const whoAsks = (req: Request): WhoAsks => {
  if (!req.auth) throw new Problem('access-token-required')
  return req.auth
}
