import type { IncomingMessage } from 'node:http'
import { Problem } from '@auth-pair/service'
import type { RequestHandler, Response } from 'express'
import { authenticate, type ReadToken } from '../authenticate.ts'
import { bearerToken } from '../bearer.ts'
import type { AccessTokenClaims } from '../claims.ts'
import type { Refusal } from '../refusals.ts'
import { requireAccessToken } from '../require-access-token.ts'
import type { Verifier } from '../verification.ts'

/** The guard of a protected route of the pair's own servers: what it refuses is a problem like any other. */
export const signedInOnly = (verifier: Verifier, read: ReadToken = bearerToken): RequestHandler => {
  // a refusal is made once for each reason, and so is its problem
  const problems = new WeakMap<Refusal, Problem>()
  const problemOf = (refusal: Refusal): Problem => {
    const problem = problems.get(refusal) ?? toProblem(refusal)
    problems.set(refusal, problem)
    return problem
  }
  return requireAccessToken(verifier, {
    read,
    // not thrown: on its way through the router a refusal would cost half as much again, and junk comes in floods
    onRefusal: (refusal, _req, res) => (res as Response).exchange.refuse(res as Response, problemOf(refusal)),
  })
}

/** Whose access token a request carries, where there is no guard before it. Throws the problem that the guard would answer with. */
export const bearerClaims =
  (verifier: Verifier) =>
  async (req: IncomingMessage): Promise<AccessTokenClaims> => {
    const authentication = await authenticate(verifier, req)
    if (!authentication.ok) throw toProblem(authentication)
    return authentication.claims
  }

const toProblem = ({ code, reason, detail, headers }: Refusal): Problem => {
  const { 'WWW-Authenticate': challenge } = headers
  return new Problem(code, {
    ...(reason !== undefined && { cause: reason }),
    ...(detail !== undefined && { detail }),
    ...(challenge !== undefined && { headers: { 'WWW-Authenticate': challenge } }),
  })
}
