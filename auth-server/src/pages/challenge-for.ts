import type { Problem } from '@auth-pair/service'

/** The kind of challenge that a page has to show after this problem, if any. */
export const challengeFor = (problem: Problem | undefined, kind: string): string | undefined =>
  problem?.code === 'challenge-required' || problem?.code === 'challenge-failed' ? kind : undefined
