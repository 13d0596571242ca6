import type { OperationKind } from './events.ts'
import type { Experiment, Lab } from './experiment.ts'
import type { Operation } from './history.ts'
import { countStatuses, type FaultTimes, isBad, percentile, phaseOf } from './phases.ts'

/** An experiment of the usual form: the load runs before, during and after one fault. */
export interface Fault extends Omit<Experiment, 'run'> {
  /** How long the fault lasts in seconds: in full, and shortened. */
  readonly lasts: readonly [number, number]
  readonly break: (lab: Lab) => Promise<void> | void
  /** Resolves when what was broken is healthy. */
  readonly heal: (lab: Lab) => Promise<void> | void
  /** Something to do while it lasts. */
  readonly meanwhile?: (lab: Lab, isOver: () => boolean) => Promise<void>
  /** What may be answered 503 while it lasts. Everything else must be served. */
  readonly mayFail: readonly OperationKind[]
  /** The share of all operations that may be answered 503 while it lasts. */
  readonly atMost?: number
  /** How soon a 503 has to come while it lasts, in milliseconds. */
  readonly answersWithinMs: number
  /** How long after the end of the fault an answer may still be a 503, in milliseconds. */
  readonly recoversWithinMs: number
  /** Whether the servers have to say that they are not ready. */
  readonly notReady?: boolean
  readonly judge?: (
    lab: Lab,
    seen: { before: readonly Operation[]; during: readonly Operation[] },
  ) => Promise<void> | void
}

/** Seconds before and after the fault: in full, and shortened. */
const around = { before: [30, 2], after: [60, 2] } as const

/** What nothing but PostgreSQL can answer. */
export const needPostgres: readonly OperationKind[] = [
  'sign-in',
  'guess',
  'sign-up',
  'who-am-i',
  'sign-out-everywhere',
  'change-password',
  'make-token',
  'use-token',
  'revoke-token',
  'disable',
]

/** What nothing but Redis can answer. Who-am-I needs none. A password is not even looked at while no session can be opened. */
export const needRedis: readonly OperationKind[] = [
  'refresh',
  'sign-in',
  'guess',
  'sign-up',
  'sign-out',
  'list',
  'sign-out-everywhere',
  'change-password',
  'make-token',
]

export const faultExperiment = (fault: Fault): Experiment => ({
  ...fault,
  run: async lab => {
    const length = lab.short ? 1 : 0
    await lab.hold(around.before[length])
    lab.step('the fault begins')
    const brokenAt = performance.now()
    await fault.break(lab)
    let over = false
    const held = lab.hold(fault.lasts[length]).then(() => {
      over = true
    })
    await Promise.all([held, fault.meanwhile?.(lab, () => over)])
    await fault.heal(lab)
    const healedAt = performance.now()
    lab.step('the fault is over')
    await lab.hold(around.after[length] + fault.recoversWithinMs / 1000)
    lab.later(operations => judge(fault, lab, operations, { brokenAt, healedAt }))
  },
})

/** A limit for what a fault has nothing to do with. A machine that is busy with other things is slow before the fault, too. */
export const expectSoon = (
  { expect }: Pick<Lab, 'expect'>,
  what: string,
  { limitMs, usual, seen }: { limitMs: number; usual: number; seen: number },
): void => {
  const limit = Math.max(limitMs, 3 * usual)
  expect(`${what} takes less than ${limit.toFixed(0)} ms (95th percentile)`, seen < limit, `${seen.toFixed(0)} ms`)
}

const judge = async (fault: Fault, lab: Lab, operations: readonly Operation[], times: FaultTimes): Promise<void> => {
  const { brokenAt, healedAt } = times
  const phases = Map.groupBy(operations, operation => phaseOf(operation, times))
  const [before = [], during = [], after = []] = [phases.get('before'), phases.get('during'), phases.get('after')]
  const bad = during.filter(isBad)
  const { mayFail, atMost = 1, answersWithinMs, recoversWithinMs, notReady } = fault
  const name = ({ op, kind, server, status, error }: Operation) => `${op} ${kind} at ${server}: ${error ?? status}`
  const show = (some: readonly Operation[]) => `${some.length}: ${some.slice(0, 3).map(name).join('; ')}`

  const blamed = (operation: Operation) => isBad(operation) && !lab.stalls.met(operation)
  const early = before.filter(blamed)
  lab.expect('everything is served before', early.length === 0, show(early))
  const others = bad.filter(blamed).filter(({ kind, status }) => !mayFail.includes(kind) || status !== 503)
  lab.expect(`during it only ${mayFail.join(', ') || 'nothing'} may be 503`, others.length === 0, show(others))
  if (atMost < 1) {
    const share = bad.filter(blamed).length / Math.max(1, during.length)
    lab.expect(`at most ${atMost * 100} % are 503`, share <= atMost, `${(share * 100).toFixed(2)} %`)
  } else if (mayFail.length > 0) lab.expect('the fault was felt', bad.length > 0)
  // an operator's command is a process of its own, and waits longer for a store than a request does
  const requests = bad.filter(blamed).filter(({ server }) => server !== 'operator')
  const slow = requests.filter(({ at, endedAt }) => endedAt - at > answersWithinMs)
  lab.expect(`a 503 comes within ${answersWithinMs} ms`, slow.length === 0, show(slow))

  const late = after.filter(operation => blamed(operation) && operation.at > healedAt + recoversWithinMs)
  lab.expect(`everything is served ${recoversWithinMs / 1000} s after it`, late.length === 0, show(late))
  const readiness = lab.prober.probes.filter(({ route, server }) => route === 'ready' && server !== 'T1')
  const unready = readiness.filter(({ status }) => status !== 200)
  const seen = unready.filter(({ at }) => at >= brokenAt && at < healedAt)
  if (notReady)
    lab.expect('the servers say that they are not ready', new Set(seen.map(({ server }) => server)).size === 2)
  const liveTimes = (from: number, to: number) => percentile(lab.prober.times('live', { from, to }), 0.95)
  expectSoon(lab, '/health/live', { limitMs: 50, usual: liveTimes(0, brokenAt), seen: liveTimes(brokenAt, healedAt) })

  const firstBad = Math.min(...bad.map(({ endedAt }) => endedAt))
  const lastBad = Math.max(...after.filter(isBad).map(({ at }) => at), healedAt)
  const lastUnready = Math.max(...unready.map(({ at }) => at), healedAt)
  const firstUnready = Math.min(...seen.map(({ at, tookMs }) => at + tookMs))
  const seconds = (from: number, to: number) => (Number.isFinite(to) ? `${((to - from) / 1000).toFixed(1)} s` : 'never')
  lab.note(`detected after ${seconds(brokenAt, firstBad)} (first 503), ${seconds(brokenAt, firstUnready)} (not ready)`)
  lab.note(`recovered after ${seconds(healedAt, lastBad)} (last 503), ${seconds(healedAt, lastUnready)} (ready)`)
  for (const kind of new Set(operations.map(({ kind }) => kind))) {
    const [b, d, a] = [before, during, after].map(some => countStatuses(some, kind) || '-')
    lab.note(`${kind.padEnd(20)} ${b}  |  ${d}  |  ${a}`)
  }
  await fault.judge?.(lab, { before, during })
}
