import type { Scenario } from './scenario.ts'

/** Every scenario, by the name that runs it. */
export const scenarios: Readonly<Record<string, () => Promise<Scenario>>> = {
  'api-tokens': () => import('./scenarios/api-tokens.ts'),
  graphql: () => import('./scenarios/graphql.ts'),
  refresh: () => import('./scenarios/refresh.ts'),
  'refresh-policies': () => import('./scenarios/refresh-policies.ts'),
  'refresh-with-record': () => import('./scenarios/refresh-with-record.ts'),
  'junk-tokens': () => import('./scenarios/junk-tokens.ts'),
  restricted: () => import('./scenarios/restricted.ts'),
  'revocation-latency': () => import('./scenarios/revocation-latency.ts'),
  'session-memory': () => import('./scenarios/session-memory.ts'),
  'sign-in-flood': () => import('./scenarios/sign-in-flood.ts'),
  'sign-in-saturation': () => import('./scenarios/sign-in-saturation.ts'),
  'sign-in-timing': () => import('./scenarios/sign-in-timing.ts'),
  'unknown-emails': () => import('./scenarios/unknown-emails.ts'),
  verification: () => import('./scenarios/verification.ts'),
  'verify-cost': () => import('./scenarios/verify-cost.ts'),
  'web-sessions': () => import('./scenarios/web-sessions.ts'),
  'what-ships': () => import('./scenarios/what-ships.ts'),
}
