import type { ProviderName } from './providers.ts'

export interface AltchaPolicy {
  readonly kind: 'altcha'
  readonly lifeMs: number
  /** The most tries that a challenge takes; half as many on the average. */
  readonly work: number
}

export interface SiteverifyPolicy {
  readonly kind: ProviderName
  /** How old a passed check may be. */
  readonly lifeMs: number
  readonly secret: string
  readonly siteKey: string
  readonly verifyUrl: string
  /** Those whose pages may show the check, in lower case. */
  readonly hostnames: readonly string[]
  /** What becomes of people while the provider is away. */
  readonly outage: 'refuse' | 'allow'
}

export type ChallengePolicy = { readonly kind: 'none' } | AltchaPolicy | SiteverifyPolicy
