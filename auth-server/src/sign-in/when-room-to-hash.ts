import type { RequestHandler } from 'express'
import type { SignInNeeds } from './needs.ts'

/** Refuses before anything else is done, not even reading the body, when a password would have to wait for too long. */
export const whenRoomToHash =
  ({ assertRoomToHash }: SignInNeeds): RequestHandler =>
  (_req, _res, next) => {
    assertRoomToHash()
    next()
  }
