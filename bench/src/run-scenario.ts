import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Arguments, commandOf } from './arguments.ts'
import { describeMachine } from './machine.ts'
import { toSvg } from './plot.ts'
import { startPrivatePostgres } from './private-postgres.ts'
import { startPrivateRedis } from './private-redis.ts'
import { createProgress } from './progress.ts'
import { type Report, toMarkdown } from './report.ts'
import type { Needs, Result, Scenario, Store } from './scenario.ts'

interface RunNeeds {
  readonly scenario: Scenario
  readonly args: Arguments & { readonly name: string }
  readonly resultsDir: string
  /** Closed by whoever handed it in, also when the run is broken off. */
  readonly ends: AsyncDisposableStack
}

/** Runs a scenario, writes its result to files, and resolves to the report. */
export const runScenario = async ({ scenario, args, resultsDir, ends }: RunNeeds): Promise<Report> => {
  const machine = describeMachine()
  const stores: string[] = []
  const startStore = (start: () => Promise<Store>) => async () => {
    const store = await start()
    ends.defer(store.close)
    stores.push(store.about)
    return store
  }
  const { show, clear } = createProgress(process.stderr)
  const needs: Needs = {
    quick: args.quick,
    seed: args.seed,
    progress: show,
    startRedis: startStore(startPrivateRedis),
    startPostgres: startStore(() => startPrivatePostgres()),
    atEnd: close => ends.defer(async () => void (await close())),
  }
  const began = performance.now()
  const result = await scenario.run(needs).finally(clear)
  const report = {
    name: args.name,
    about: scenario.about,
    date: new Date().toISOString(),
    machine,
    stores: [...new Set(stores)],
    command: commandOf(args),
    quick: args.quick,
    tookS: (performance.now() - began) / 1000,
    notes: result.notes,
    tables: result.tables,
    missed: result.missed ?? [],
  }
  return write({ ...report, result, resultsDir })
}

type WriteNeeds = Omit<Report, 'plot'> & { result: Result; resultsDir: string }

const write = ({ result, resultsDir, ...rest }: WriteNeeds): Report => {
  // a quick run never takes the place of figures that were measured in earnest
  const base = rest.quick ? `${rest.name}.quick` : rest.name
  const report: Report = { ...rest, plot: result.plot && `${base}.svg` }
  const path = (ending: string) => join(resultsDir, `${base}.${ending}`)
  mkdirSync(resultsDir, { recursive: true })
  writeFileSync(path('json'), toJson({ ...rest, claimed: result.claimed, figures: result.figures }))
  writeFileSync(path('md'), toMarkdown(report))
  if (result.plot) writeFileSync(path('svg'), toSvg(result.plot))
  else rmSync(path('svg'), { force: true })
  return report
}

/** Indented, but for lists of numbers: each is one line. */
export const toJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replaceAll(/\[[-\d.,e+\s]*\]/g, list => list.replaceAll(/\s+/g, ' '))}\n`
