import type { Scenario } from './scenario.ts'

/** Every scenario, by the name that runs it. */
export const scenarios: Readonly<Record<string, () => Promise<Scenario>>> = {
  refresh: () => import('./scenarios/refresh.ts'),
  'refresh-policies': () => import('./scenarios/refresh-policies.ts'),
  'refresh-with-record': () => import('./scenarios/refresh-with-record.ts'),
  'revocation-latency': () => import('./scenarios/revocation-latency.ts'),
  'session-memory': () => import('./scenarios/session-memory.ts'),
  verification: () => import('./scenarios/verification.ts'),
}
