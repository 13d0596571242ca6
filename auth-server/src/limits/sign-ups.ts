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
    // both at once: a Redis that hangs is waited for once
    const [refused, waitMs] = await Promise.all([all.demand(network).catch(error => ({ error })), free.take(network)])
    const needsChallenge = waitMs > 0
    if (refused) {
      if (!needsChallenge) await free.giveBack(network)
      throw refused.error
    }
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
