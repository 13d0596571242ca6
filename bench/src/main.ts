/** `npm run bench`: lists the scenarios; with the name of one, runs it and writes bench/results/NAME.md, .json and .svg. */
import { randomInt } from 'node:crypto'
import { join, relative } from 'node:path'
import { commandOf, readArguments } from './arguments.ts'
import { toMarkdown } from './report.ts'
import { runScenario } from './run-scenario.ts'
import { scenarios } from './scenarios.ts'

const root = join(import.meta.dirname, '..', '..')
const resultsDir = join(root, 'bench', 'results')
process.chdir(root)

const list = async (): Promise<void> => {
  console.log('npm run bench -- NAME [--quick] [--seed NUMBER]\n')
  for (const [name, load] of Object.entries(scenarios)) console.log(`  ${name.padEnd(24)} ${(await load()).about}`)
}

const run = async (args: readonly string[]): Promise<number> => {
  const read = readArguments(args, () => randomInt(2 ** 32))
  const { name } = read
  if (name === undefined) {
    await list()
    return 0
  }
  if (!Object.hasOwn(scenarios, name)) throw new Error(`There is no scenario ${name}; npm run bench lists them.`)
  const scenario = await scenarios[name]?.()
  if (!scenario) return 1
  await using ends = new AsyncDisposableStack()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => ends.disposeAsync().finally(() => process.exit(130)))
  }
  console.error(commandOf(read))
  const report = await runScenario({ scenario, args: { ...read, name }, resultsDir, ends })
  console.log(toMarkdown(report))
  console.error(`Written to ${relative(root, resultsDir)}.`)
  return report.missed.length === 0 ? 0 : 1
}

process.exitCode = await run(process.argv.slice(2)).catch(error => {
  console.error(error)
  return 1
})
