import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createClients } from './clients.ts'
import type { Experiment, Lab } from './experiment.ts'
import { readFinalState } from './final-state.ts'
import { type Operation, readOperations, violations } from './history.ts'
import { startLoad } from './load.ts'
import { startProber } from './prober.ts'
import type { Random } from './random.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { createReport, type Report } from './report.ts'
import { graceS, startStack } from './stack.ts'
import { watchStalls } from './stalls.ts'
import { sweep } from './sweep.ts'

export interface RunOptions {
  readonly random: Random
  readonly short: boolean
  /** Where an empty database is to be copied from. */
  readonly template: string
  /** Operations a second. */
  readonly rate: number
  /** Whether the folder of a run that passed is kept. */
  readonly keep: boolean
}

const usersAtFirst = 12

/** Every request ends within 5 s; a second more is for the machine. */
const answerWithinMs = 6000

/** What no experiment takes, in minutes: in full, and shortened. */
const patience = [20, 3] as const

/** Runs one experiment in a folder of its own, and shows what comes of it. Resolves to whether it passed. */
export const runExperiment = async (experiment: Experiment, options: RunOptions): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), `chaos-${experiment.id}-`))
  // PostgreSQL may run as another user
  chmodSync(folder, 0o755)
  const recorder = createRecorder(join(folder, 'history.jsonl'))
  const report = createReport(experiment, recorder.record)
  const closers: (() => Promise<void>)[] = [recorder.close]
  try {
    await Promise.race([perform({ experiment, options, folder, recorder, report, closers }), outOfTime(options)])
  } catch (error) {
    report.fail(`the experiment itself broke: ${(error as Error).stack}`)
  }
  for (const close of closers.reverse()) await close()
  report.show()
  if (report.passed() && !options.keep) rmSync(folder, { recursive: true })
  else console.log(`  history   ${join(folder, 'history.jsonl')}`)
  return report.passed()
}

const outOfTime = async ({ short }: RunOptions): Promise<never> => {
  const minutes = patience[short ? 1 : 0]
  await wait(minutes * 60_000, undefined, { ref: false })
  throw new Error(`not done within ${minutes} minutes`)
}

interface Run {
  readonly experiment: Experiment
  readonly options: RunOptions
  readonly folder: string
  readonly recorder: Recorder
  readonly report: Report
  /** Called in the end, the last one first. */
  readonly closers: (() => Promise<void>)[]
}

const perform = async ({ experiment, options, folder, recorder, report, closers }: Run): Promise<void> => {
  const { id, quiet = false } = experiment
  const { short, rate, template } = options
  const { record } = recorder
  const random = options.random.fork(id)
  const stack = await startStack({ dir: folder, template, record, random, closers, ...experiment.stack })
  const { a1, a2, t1 } = stack
  const clients = createClients({ stack, record, random: random.fork('clients'), name: id })
  closers.push(clients.close)
  const { model, operations } = clients
  const judges: ((operations: readonly Operation[]) => Promise<void> | void)[] = []
  const allow: Lab['allow'] = {
    ...{ answerWithinMs, graceMs: graceS * 1000, revokedWithinMs: 2000 },
    ...{ feedLost: [], sessionsLost: [] },
  }

  if (!quiet) {
    report.step('the servers are ready; users sign up')
    for (let i = 0; i < usersAtFirst; i++) await operations.signUp(i % 2 ? a2 : a1, model.newUser(), performance.now())
  }
  const prober = startProber(quiet ? [] : [a1, a2, t1])
  const load = startLoad({ operations, model, random: random.fork('load'), servers: [a1, a2], rate: quiet ? 0 : rate })
  const stalls = watchStalls()
  closers.push(load.stop, prober.stop, async () => stalls.stop())
  await experiment.run({
    ...{ stack, model, operations, prober, stalls, random, short, allow },
    ...{ step: report.step, note: report.note, expect: report.expect },
    later: judge => void judges.push(judge),
    hold: async seconds => {
      for (let left = seconds; left > 0; left -= 10) {
        await wait(1000 * Math.min(10, left))
        if (left > 10) report.say(`${recorder.events.length} events`)
      }
    },
  })
  await load.stop()
  await prober.stop()
  report.step('everybody comes once more')
  await sweep(operations, model, [a1, a2])

  const final = await readFinalState(stack)
  const all = readOperations(recorder.events)
  for (const judge of judges) await judge(all)
  const longest = Math.max(...stalls.spans.map(({ from, to }) => to - from))
  if (longest > 0) {
    report.note(`the machine let this process wait ${stalls.spans.length} times, ${Math.round(longest)} ms at most;`)
    report.note('faults in answers that met that are not held against the servers')
  }
  const processes = recorder.events.filter(event => event.type === 'process')
  conclude(report, all, violations({ operations: all, processes, final, allow }))
}

/** More of them say no more. */
const shown = 20

const conclude = (report: Report, all: readonly Operation[], broken: ReturnType<typeof violations>): void => {
  for (const { invariant, about } of broken.slice(0, shown)) report.fail(`${invariant}: ${about}`)
  if (broken.length > shown) report.fail(`and ${broken.length - shown} violations more`)
  const took = ({ at, endedAt }: Operation) => Math.round(endedAt - at)
  const [slowest] = [...all].sort((a, b) => took(b) - took(a))
  if (slowest) report.note(`${all.length} operations, the slowest ${took(slowest)} ms (${slowest.kind})`)
  report.note(`violations: ${broken.length}`)
}
