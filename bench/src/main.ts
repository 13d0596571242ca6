/**
 * `npm run bench`: measures everything that the pair claims of its speed, and writes bench/results/README.md, summary.json and
 * summary.svg, and the part of the README that shows them. With the name of a scenario, runs that one; `--list` names them.
 */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Arguments, commandOf, readArguments } from './arguments.ts'
import { claimedScenarios } from './claims.ts'
import { type Report, toMarkdown } from './report.ts'
import { runScenario } from './run-scenario.ts'
import { runSuite } from './run-suite.ts'
import { scenarios } from './scenarios.ts'
import { writeSummary } from './summary/write-summary.ts'

const root = join(import.meta.dirname, '..', '..')
const resultsDir = join(root, 'bench', 'results')
process.chdir(root)

const list = async (): Promise<void> => {
  console.log('npm run bench -- [NAME] [--quick] [--seed NUMBER]\n')
  for (const [name, load] of Object.entries(scenarios)) console.log(`  ${name.padEnd(24)} ${(await load()).about}`)
}

/** What has to end when this run is broken off. */
let running: AsyncDisposableStack | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => Promise.resolve(running?.disposeAsync()).finally(() => process.exit(130)))
}

const runOne = async (args: Arguments & { name: string }): Promise<Report> => {
  const scenario = Object.hasOwn(scenarios, args.name) ? await scenarios[args.name]?.() : undefined
  if (!scenario) throw new Error(`There is no scenario ${args.name}; npm run bench -- --list names them.`)
  await using ends = new AsyncDisposableStack()
  running = ends
  return await runScenario({ scenario, args, resultsDir, ends })
}

const summarise = (quick: boolean): void => {
  writeSummary({ resultsDir, readme: join(root, 'README.md'), quick })
}

const runAll = async (args: Arguments): Promise<readonly string[]> => {
  const missed = await runSuite({
    runOne: async name => (await runOne({ ...args, name })).missed,
    say: text => console.error(text),
  })
  summarise(args.quick)
  console.log(readFileSync(join(resultsDir, args.quick ? 'README.quick.md' : 'README.md'), 'utf8'))
  return missed
}

const runNamed = async (args: Arguments & { name: string }): Promise<readonly string[]> => {
  const report = await runOne(args)
  console.log(toMarkdown(report))
  if (!args.quick && claimedScenarios.includes(args.name)) summarise(false)
  return report.missed
}

const run = async (typed: readonly string[]): Promise<number> => {
  const args = readArguments(typed, () => randomInt(2 ** 32))
  if (args.list) {
    await list()
    return 0
  }
  console.error(commandOf(args))
  const { name } = args
  const missed = name === undefined ? await runAll(args) : await runNamed({ ...args, name })
  for (const sentence of missed) console.error(`Missed: ${sentence}`)
  console.error(`Written to ${relative(root, resultsDir)}.`)
  return missed.length === 0 ? 0 : 1
}

process.exitCode = await run(process.argv.slice(2)).catch(error => {
  console.error(error)
  return 1
})
