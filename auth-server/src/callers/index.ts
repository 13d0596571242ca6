/**
 * Who may ask this server about tokens that others hold: services with a verifier token, and clients with an id and a secret. It owns the
 * guard and the secrets of clients, and knows nothing of tokens, sessions or users.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { bearerToken } from '@auth-pair/access-token'
import { bearerChallenge, countHeader, Problem } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import { basicCredentials, type PresentedClient } from './basic-credentials.ts'
import type { Client } from './settings.ts'

export type { Client } from './settings.ts'

/** Who calls; `res.locals.caller` behind the guard. */
export interface Caller {
  readonly name: string
  /** A service holds the shared secret and is shown tokens by others. A client has a secret of its own. */
  readonly kind: 'service' | 'client'
}

interface CallersNeeds {
  readonly clients: readonly Client[]
  /** The name of the service whose verifier token it is, or undefined. */
  readonly checkVerifierToken: (token: string) => string | undefined
  /** Counts a call that is not let in. Throws when there were too many. */
  readonly countFailure: (req: Request) => void
}

/** How both are asked to authenticate (RFC 9110, section 11.6.1; RFC 6749, section 5.2). */
const challenges = `${bearerChallenge}, Basic realm="auth-pair", charset="UTF-8"`

/** The guard of what is for services and clients alone. */
export const createCallersOnly = ({ clients, checkVerifierToken, countFailure }: CallersNeeds): RequestHandler => {
  const digests = Map.groupBy(clients, ({ id }) => id)
  const known = new Map([...digests].map(([id, group]) => [id, group.map(({ secret }) => digestOf(secret))]))
  // SECURITY: an unknown id costs the same comparison
  const nobody = [digestOf('')]

  const isClient = ({ id, secrets }: PresentedClient): boolean => {
    const wanted = known.get(id)
    const matches = secrets.flatMap(secret => {
      const digest = digestOf(secret)
      return (wanted ?? nobody).map(other => timingSafeEqual(digest, other))
    })
    return wanted !== undefined && matches.includes(true)
  }

  const callerOf = (req: Request): Caller | undefined => {
    const bearer = bearerToken(req)
    if (bearer.kind === 'token') {
      const name = checkVerifierToken(bearer.token)
      return name === undefined ? undefined : { name, kind: 'service' }
    }
    const presented = basicCredentials(req)
    return presented && isClient(presented) ? { name: presented.id, kind: 'client' } : undefined
  }

  return (req, res, next) => {
    // RFC 6749, section 2.3: one method a request
    if (countHeader(req, 'authorization') > 1) throw new Problem('ambiguous-credentials', { error: 'invalid_request' })
    const caller = callerOf(req)
    if (caller === undefined) {
      // what is right is never held up, so that nobody locks a neighbour out; secrets of 32 bytes are not guessed
      countFailure(req)
      throw new Problem('client-authentication-required', {
        error: 'invalid_client',
        headers: { 'WWW-Authenticate': challenges },
      })
    }
    res.locals.caller = caller
    next()
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
