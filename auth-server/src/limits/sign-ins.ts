import type { Guess, Guesses } from './guesses.ts'
import type { RateLimit } from './rate-limit.ts'
import { networkOf } from './source.ts'

/** Somebody who tries to sign in to an account. */
export interface SignInAttempt {
  /** The one key of the email, whatever its case. */
  readonly account: string
  readonly ip: string | undefined
  /** What the device was given when somebody signed in on it. */
  readonly deviceToken: string | undefined
  readonly hasSolution: boolean
  /** Throws unless the challenge was passed. */
  readonly passChallenge: () => Promise<void>
}

interface SignInLimits {
  readonly guesses: Guesses
  /** Sign-ins of an address that are wrong or under way. */
  readonly wrong: RateLimit
  /** All sign-ins of an address, or of the known devices of an account, for which a password is looked at. */
  readonly checked: RateLimit
  readonly deviceOf: (token: string | undefined, account: string) => string | undefined
  readonly hashOf: (account: string) => string
}

/** Refuses an address that was refused a moment ago. */
export const assertAddressMayTry =
  ({ wrong, checked }: Pick<SignInLimits, 'wrong' | 'checked'>) =>
  (ip: string | undefined): void => {
    const network = networkOf(ip)
    wrong.assertNotRefused(network)
    checked.assertNotRefused(network)
  }

export const beginSignIn = ({ guesses, wrong, checked, deviceOf, hashOf }: SignInLimits) => {
  /** Takes one of each, or none. */
  const takeAll = async (limits: readonly RateLimit[], key: string): Promise<() => Promise<void>> => {
    const taken: RateLimit[] = []
    const giveBack = async () => {
      await Promise.all(taken.map(limit => limit.giveBack(key)))
    }
    for (const limit of limits) {
      try {
        await limit.demand(key)
        taken.push(limit)
      } catch (error) {
        await giveBack()
        throw error
      }
    }
    return giveBack
  }

  return async (attempt: SignInAttempt, wanted: AbortSignal): Promise<Guess> => {
    const { account, ip, deviceToken, hasSolution, passChallenge } = attempt
    const device = deviceOf(deviceToken, account)
    const isKnownDevice = device !== undefined
    const network = networkOf(ip)
    const guesser = { account: hashOf(account), source: isKnownDevice ? `d${device}` : `a${network}`, isKnownDevice }
    // a known device is not held up by its neighbours; of those of one account all count together, or anybody could collect them
    const key = isKnownDevice ? `d${guesser.account}` : network
    const giveBack = await takeAll(isKnownDevice ? [checked] : [wrong, checked], key)

    const begin = (isChallengePassed: boolean) =>
      guesses.begin({ ...guesser, isChallengePassed }, wanted).catch(async error => {
        await giveBack()
        throw error
      })

    let guess = await begin(false)
    if (!guess) {
      // without a solution it only asks; a wrong one has cost whoever checked it
      if (!hasSolution) await giveBack()
      await passChallenge()
      guess = await begin(true)
    }
    if (!guess) throw new Error('a challenge was passed, and is asked for')
    const counted = guess
    return {
      end: async outcome => {
        const back = outcome === 'unchecked' ? giveBack() : outcome === 'right' && !isKnownDevice && wrong.giveBack(key)
        await Promise.all([counted.end(outcome), back])
      },
    }
  }
}
