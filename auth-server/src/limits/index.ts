/**
 * How often one may try: passwords of an account, sign-ins and sign-ups from an address, refreshes of a session. It counts in
 * Redis, for all servers together, and in memory while Redis does not answer. It knows keys and addresses, and nothing
 * of passwords, accounts or tokens; what a challenge is it does not know either, only whether one was passed.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type { Log } from '@auth-pair/service'
import type { RedisClient } from '../redis.ts'
import { createDeviceTokens } from './device-token.ts'
import { createGuesses, type Guess } from './guesses.ts'
import type { LimitPolicy } from './policy.ts'
import { createLocalRateLimit, createRateLimit } from './rate-limit.ts'
import { networkOf } from './source.ts'

export type { Outcome } from './guess-store.ts'
export type { Guess } from './guesses.ts'
export type { GuessPolicy, LimitPolicy, Rate } from './policy.ts'
export { TooMany } from './too-many.ts'

/** Somebody who tries to sign in to an account. */
export interface SignInAttempt {
  /** The one key of the email, whatever its case. */
  readonly account: string
  readonly ip: string | undefined
  /** What the device was given when somebody signed in on it. */
  readonly deviceToken: string | undefined
  readonly isChallengePassed: boolean
}

export interface Limits {
  /** Counts a sign-in before the password is looked at. Undefined when a challenge has to be passed first. Throws `Problem('too-many-requests')`. */
  beginSignIn(attempt: SignInAttempt, wanted: AbortSignal): Promise<Guess | undefined>
  /** Counts a sign-up. Whether it needs a challenge. Throws `Problem('too-many-requests')`. */
  beginSignUp(ip: string | undefined): Promise<{ needsChallenge: boolean }>
  /** Counts a refresh. Throws `Problem('too-many-requests')`. */
  countRefresh(sessionId: string): Promise<void>
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
  const devices = createDeviceTokens(secret)
  const accountKey = Buffer.from(hkdfSync('sha256', secret, '', 'auth-pair guesses', 32))
  const hashOf = (account: string): string =>
    createHmac('sha256', accountKey).update(account).digest('base64url').slice(0, 22)
  const guesses = createGuesses({ redis, policy: policy.guesses, log, now })
  const signIns = createRateLimit(redis, 'sign-in', policy.signInsOfAddress)
  const signUps = createRateLimit(redis, 'sign-up', policy.signUpsOfAddress)
  const freeSignUps = createRateLimit(redis, 'free-sign-up', policy.freeSignUpsOfAddress)
  const refreshes = createLocalRateLimit('refresh', policy.refreshesOfSession)

  return {
    beginSignIn: async ({ account, ip, deviceToken, isChallengePassed }, wanted) => {
      const network = networkOf(ip)
      await signIns.demand(network)
      const device = devices.deviceOf(deviceToken, account)
      const source = device === undefined ? `a${network}` : `d${device}`
      const guesser = { account: hashOf(account), source, isKnownDevice: device !== undefined, isChallengePassed }
      const giveBack = () => signIns.giveBack(network).catch(err => log.debug({ err }, 'a sign-in is not given back'))
      const guess = await guesses.begin(guesser, wanted)
      // it comes back with a solution, and counts then
      if (!guess) await giveBack()
      return (
        guess && {
          end: async outcome => {
            await Promise.all([guess.end(outcome), outcome === 'wrong' ? undefined : giveBack()])
          },
        }
      )
    },
    beginSignUp: async ip => {
      const network = networkOf(ip)
      await signUps.demand(network)
      return { needsChallenge: (await freeSignUps.take(network)) > 0 }
    },
    countRefresh: refreshes.demand,
    deviceToken: devices.issue,
  }
}
