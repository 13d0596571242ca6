import { claimedScenarios } from './claims.ts'

interface SuiteNeeds {
  /** Runs one scenario to its end, and resolves to what it missed. */
  readonly runOne: (name: string) => Promise<readonly string[]>
  readonly say: (text: string) => void
}

/** Runs every scenario that measures a claim, also when one of them fails, and resolves to all that was missed. */
export const runSuite = async ({ runOne, say }: SuiteNeeds): Promise<readonly string[]> => {
  const missed: string[] = []
  for (const [i, name] of claimedScenarios.entries()) {
    const began = performance.now()
    say(`${i + 1} of ${claimedScenarios.length}: ${name}`)
    const complaints = await runOne(name).catch((error: unknown) => {
      say(error instanceof Error ? (error.stack ?? error.message) : String(error))
      return [`${name} broke off: see above.`]
    })
    say(`${name} took ${Math.round((performance.now() - began) / 1000)} s`)
    missed.push(...complaints)
  }
  return missed
}
