/** What a challenge is asked for. A solution for one is none for another. */
export const challengeActions = ['sign-up', 'sign-in'] as const

export type ChallengeAction = (typeof challengeActions)[number]

export type Verdict =
  /** It is right, and has to count once: `id` is the same however it is written, and good for at most `keepMs` more milliseconds. */
  | { readonly kind: 'passed'; readonly id: string; readonly keepMs: number }
  | { readonly kind: 'failed'; readonly reason: string }
  /** It could not be checked, and the operator wants people in all the same. */
  | { readonly kind: 'let-through' }

/** A way to tell people from bots. */
export interface ChallengeKind {
  /** What a client has to know to solve one. Costs no store. */
  issue(action: ChallengeAction): Promise<object>
  /** Throws `Problem('unavailable')` when it cannot be told. */
  verify(action: ChallengeAction, solution: string, client: { readonly ip: string | undefined }): Promise<Verdict>
}

/** How far the clocks of servers and providers may be apart, in milliseconds. */
export const clockSkewMs = 60_000
