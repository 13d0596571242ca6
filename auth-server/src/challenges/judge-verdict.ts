import type { ProviderVerdict } from './ask-provider.ts'
import { type ChallengeAction, clockSkewMs } from './kind.ts'
import type { SiteverifyPolicy } from './policy.ts'

/** Below it reCAPTCHA v3 takes somebody for a bot (its own preset). The scores of hCaptcha run the other way, and are no part of this. */
const leastScore = 0.5

/** Why a token that the provider was asked about is no good here, or undefined. `now` in milliseconds since the epoch. */
export const complaintAbout = (
  verdict: ProviderVerdict,
  { kind, hostnames, lifeMs }: Pick<SiteverifyPolicy, 'kind' | 'hostnames' | 'lifeMs'>,
  action: ChallengeAction,
  now: number,
): string | undefined => {
  if (!verdict.success) return `the provider says ${verdict['error-codes']?.join(', ') || 'no'}`
  // a missing one too: the token could be of anybody's page
  if (!hostnames.includes(verdict.hostname?.toLowerCase() ?? '')) return 'it is of another host'
  const scored = kind === 'recaptcha' && typeof verdict.score === 'number'
  // the page says the action, and a page that says none is not ours
  if (mustName(kind, scored, verdict) && actionOf(verdict) !== action) return 'it is for another action'
  if (scored && (verdict.score ?? 0) < leastScore) return 'its score is too low'
  const age = now - Date.parse(verdict.challenge_ts ?? '')
  // written so that a time that is none fails
  if (!(age >= -clockSkewMs && age <= lifeMs)) return 'it is too old'
  return undefined
}

/** Turnstile and reCAPTCHA v3 report the action, hCaptcha and reCAPTCHA v2 know none. */
const mustName = (kind: SiteverifyPolicy['kind'], scored: boolean, { action }: ProviderVerdict): boolean =>
  kind === 'turnstile' || scored || Boolean(action)

/** reCAPTCHA takes no hyphens in the name of an action. */
const actionOf = ({ action }: ProviderVerdict): string | undefined => action?.replaceAll('_', '-')
