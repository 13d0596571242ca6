import type { Log } from '@auth-pair/service'
import type { Request, RequestHandler, Response } from 'express'
import type { Circumstances, From } from '../circumstances.ts'
import type { RedisClient } from '../redis.ts'
import type { SessionPolicy } from './session-policy.ts'

/** Why a session ended before its time. */
export type EndReason =
  | 'signed-out'
  | 'session-revoked'
  | 'token-reused'
  | 'code-reused'
  | 'evicted'
  /** Another session of the family has ended. */
  | 'ended-with-family'

/** A session that ended, and where the request came from that ended it. */
export interface Ended extends Circumstances {
  readonly userId: string
  readonly sessionId: string
  readonly reason: EndReason
}

export interface SessionsNeeds {
  readonly redis: RedisClient
  readonly policy: SessionPolicy
  readonly secret: string
  /** Whether sessions may live on whose refresh tokens stay the same. */
  readonly allowsFixed: boolean
  readonly log: Log
  readonly isRevoked: (token: { readonly sub: string; readonly sid: string }) => boolean
  /** Throws while Redis may hold sessions that were ended. */
  readonly assertTrusted: () => void
  /** Tells everybody about sessions that are no longer in Redis, and records them. */
  readonly ended: (ended: readonly Ended[]) => Promise<void>
  /** As `ended`, for sessions that are still there; throws when they cannot be recorded. */
  readonly record: (ended: readonly Ended[]) => Promise<void>
  /** Ends all sessions of a user, the one who asks included. Whether there is such a user. */
  readonly endEverywhere: (userId: string, from: From) => Promise<boolean>
  /** Counts a refresh. Throws when there were too many. */
  readonly countRefresh: (session: { userId: string; sessionId: string; from: From }) => void
  readonly cameFrom: (req: Request) => From
  /** The guard of the routes that answer for the signed-in user. */
  readonly signedIn: RequestHandler
  /** Takes the cookies of a session that has ended away from the browser. */
  readonly clearCookies: (res: Response) => void
  /** Milliseconds since the epoch, for tests; otherwise the clock of Redis. */
  readonly now?: (() => number) | undefined
}
