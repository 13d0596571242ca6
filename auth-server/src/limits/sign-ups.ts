import type { RateLimit } from './rate-limit.ts'
import { networkOf } from './source.ts'

export interface SignUpAttempt {
  readonly ip: string | undefined
  readonly hasSolution: boolean
  /** Throws unless the challenge was passed. */
  readonly passChallenge: () => Promise<void>
}

interface SignUpLimits {
  readonly all: RateLimit
  /** Those that need no challenge. */
  readonly free: RateLimit
}

export const beginSignUp =
  ({ all, free }: SignUpLimits) =>
  async ({ ip, hasSolution, passChallenge }: SignUpAttempt): Promise<() => Promise<void>> => {
    const network = networkOf(ip)
    await all.demand(network)
    const needsChallenge = (await free.take(network)) > 0
    if (needsChallenge) {
      // without a solution it only asks; a wrong one has cost whoever checked it
      if (!hasSolution) await all.giveBack(network)
      await passChallenge()
    }
    return async () => {
      await all.giveBack(network)
      if (!needsChallenge) await free.giveBack(network)
    }
  }
