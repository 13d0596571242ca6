/**
 * Challenges: the proof that a client has spent work, or has passed the check of a provider, before it may sign up or in. Kinds
 * are interchangeable; that a solution counts once is the same for all of them. It says nothing of when one is asked for: who
 * hands over a request decides that.
 */
import { type Log, Problem, type Route } from '@auth-pair/service'
import type { RedisClient } from '../redis.ts'
import { createAltcha } from './altcha.ts'
import type { ChallengeAction, ChallengeKind } from './kind.ts'
import type { ChallengePolicy } from './policy.ts'
import { createRedemption } from './redeem.ts'
import { showChallenge } from './show-challenge.ts'
import { createSiteverify } from './siteverify.ts'

export { challengeField } from './challenge-field.ts'
export type { ChallengeAction } from './kind.ts'

export interface Challenges {
  /**
   * Throws `Problem('challenge-required')` when there is no solution, `Problem('challenge-failed')` when it is wrong, expired,
   * used already, or for another action, and `Problem('unavailable')` when that cannot be told. A solution that has passed is used.
   */
  check(
    action: ChallengeAction,
    solution: string | undefined,
    client: { readonly ip: string | undefined },
  ): Promise<void>
  readonly routes: readonly Route[]
}

export interface ChallengesNeeds {
  readonly policy: ChallengePolicy
  /** A secret of the server: what signs challenges is derived from it. */
  readonly secret: string
  readonly redis: RedisClient
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const createChallenges = (needs: ChallengesNeeds): Challenges => {
  const kind = createKind(needs)
  if (!kind) return { check: async () => {}, routes: [showChallenge(async () => ({ kind: 'none' }))] }
  const redeem = createRedemption(needs.redis)

  return {
    check: async (action, solution, client) => {
      // a form whose widget has not been used sends an empty field
      if (!solution) throw new Problem('challenge-required')
      const verdict = await kind.verify(action, solution, client)
      if (verdict.kind === 'let-through') return
      if (verdict.kind === 'failed') throw failed(verdict.reason)
      if (!(await redeem(verdict.id, verdict.keepMs))) throw failed('it was used before')
    },
    routes: [showChallenge(kind.issue)],
  }
}

const createKind = ({ policy, secret, log, now }: ChallengesNeeds): ChallengeKind | undefined => {
  if (policy.kind === 'none') return undefined
  if (policy.kind === 'altcha') return createAltcha({ policy, secret, now })
  return createSiteverify({ policy, log, now })
}

/** The reason is for the log: told to a bot, it would be advice. */
const failed = (reason: string) => new Problem('challenge-failed', { cause: new Error(reason) })
