/**
 * How often one may try: passwords of an account, sign-ins and sign-ups from an address, refreshes of a session, calls without the
 * right credentials to what is for services. It counts in
 * Redis, for all servers together, and in memory while Redis does not answer. It knows keys and addresses, and nothing
 * of passwords, accounts or tokens; what a challenge is it does not know either, only when one has to be passed.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type { Log } from '@auth-pair/service'
import type { RedisClient } from '../redis.ts'
import { createDeviceTokens } from './device-token.ts'
import { createGuesses, type Guess } from './guesses.ts'
import { createLocalRateLimit } from './local-rate-limit.ts'
import type { LimitPolicy } from './policy.ts'
import { createRateLimit } from './rate-limit.ts'
import { assertAddressMayTry, beginSignIn, type SignInAttempt } from './sign-ins.ts'
import { beginSignUp, type SignUpAttempt } from './sign-ups.ts'
import { networkOf } from './source.ts'

export type { Outcome } from './guess-store.ts'
export type { Guess } from './guesses.ts'
export type { GuessPolicy, LimitPolicy, Rate } from './policy.ts'
export type { SignInAttempt } from './sign-ins.ts'
export type { SignUpAttempt } from './sign-ups.ts'
export { TooMany } from './too-many.ts'

export interface Limits {
  /**
   * Throws `Problem('too-many-requests')` when a sign-in of this address, from no known device, was refused a moment ago. Takes nothing, and
   * asks nobody.
   */
  assertAddressMayTry(ip: string | undefined): void
  /** Counts a sign-in before the password is looked at. Throws `Problem('too-many-requests')`, or what `passChallenge` throws. */
  beginSignIn(attempt: SignInAttempt, wanted: AbortSignal): Promise<Guess>
  /** Counts a sign-up. Throws `Problem('too-many-requests')`, or what `passChallenge` throws. The answer gives it back. */
  beginSignUp(attempt: SignUpAttempt): Promise<() => Promise<void>>
  /** Counts a refresh. Throws `Problem('too-many-requests')`. */
  countRefresh(sessionId: string): void
  /** Counts a call with wrong credentials to what is for services and clients. Throws `Problem('too-many-requests')`. */
  countFailedCaller(ip: string | undefined): void
  /** The token to give to a device on which somebody has signed in to an account. */
  deviceToken(account: string, former: string | undefined): string
}

interface LimitsNeeds {
  readonly redis: RedisClient
  readonly policy: LimitPolicy
  /** What the keys of this capability are derived from. */
  readonly secret: string
  readonly log: Log
  /** Milliseconds since the epoch, for tests; otherwise the clock of Redis. */
  readonly now?: (() => number) | undefined
}

export const createLimits = ({ redis, policy, secret, log, now }: LimitsNeeds): Limits => {
  // each server for itself: whoever has no credentials causes no work beyond it
  const failedCallers = createLocalRateLimit('failed-callers', policy.failedCallersOfAddress)
  const devices = createDeviceTokens(secret)
  const accountKey = Buffer.from(hkdfSync('sha256', secret, '', 'auth-pair guesses', 32))
  const hashOf = (account: string): string =>
    createHmac('sha256', accountKey).update(account).digest('base64url').slice(0, 22)
  const ofAddress = {
    wrong: createRateLimit(redis, 'sign-in', policy.signInsOfAddress),
    checked: createRateLimit(redis, 'all-sign-ins', policy.allSignInsOfAddress),
  }
  return {
    assertAddressMayTry: assertAddressMayTry(ofAddress),
    beginSignIn: beginSignIn({
      ...ofAddress,
      guesses: createGuesses({ redis, policy: policy.guesses, log, now }),
      deviceOf: devices.deviceOf,
      hashOf,
    }),
    beginSignUp: beginSignUp({
      all: createRateLimit(redis, 'sign-up', policy.signUpsOfAddress),
      free: createRateLimit(redis, 'free-sign-up', policy.freeSignUpsOfAddress),
    }),
    countRefresh: createLocalRateLimit('refresh', policy.refreshesOfSession).demand,
    countFailedCaller: ip => failedCallers.demand(networkOf(ip)),
    deviceToken: devices.issue,
  }
}
