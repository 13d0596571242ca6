import { Problem } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { ReadToken } from '../authenticate.ts'
import { bearerToken } from '../bearer.ts'
import type { Refusal } from '../refusals.ts'
import { requireAccessToken } from '../require-access-token.ts'
import type { Verifier } from '../verification.ts'

/** The guard of a protected route of the pair's own servers: what it refuses is a problem like any other. */
export const signedInOnly = (verifier: Verifier, read: ReadToken = bearerToken): RequestHandler =>
  requireAccessToken(verifier, { read, onRefusal: (refusal, _req, _res, next) => next(toProblem(refusal)) })

const toProblem = ({ code, reason, detail, headers }: Refusal): Problem => {
  const { 'WWW-Authenticate': challenge } = headers
  return new Problem(code, {
    ...(reason !== undefined && { cause: new Error(reason) }),
    ...(detail !== undefined && { detail }),
    ...(challenge !== undefined && { headers: { 'WWW-Authenticate': challenge } }),
  })
}
