import type { RequestHandler } from 'express'
import type { SignInNeeds } from './needs.ts'

/**
 * Refuses an address that goes on after it was refused, before its body is read. One that shows what a device is given is heard: whether it is known
 * hangs on the account.
 */
export const whenAddressMayTry =
  ({ assertAddressMayTry, cameFrom, cookies }: SignInNeeds): RequestHandler =>
  (req, _res, next) => {
    if (cookies.readDevice(req) === undefined) assertAddressMayTry(req.ip, cameFrom(req))
    next()
  }
