import type { Scenario } from './scenario.ts'

/** Every scenario, by the name that runs it. */
export const scenarios: Readonly<Record<string, () => Promise<Scenario>>> = {}
