import { setTimeout as wait } from 'node:timers/promises'
import type { Experiment } from '../experiment.ts'
import { expectSoon, faultExperiment, needPostgres } from '../fault.ts'
import { percentile } from '../phases.ts'

const endConnections = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'auth-server%'`

const stuckConnections = `select pid from pg_stat_activity where application_name like 'auth-server%'
  and (state like 'idle in transaction%' or state = 'active' and now() - query_start > interval '5 s')`

/** Answers that were lost of statements that change something: the first time with their text, then by name. */
const changes =
  /insert into users|insert-account|begin-epoch|update users|change-password|api_tokens|(insert|revoke)-api-token/

/** What has nothing to do with PostgreSQL, and is asked often enough to be measured. */
const unaffected = ['verify', 'refresh']

export const postgresExperiments: readonly Experiment[] = [
  faultExperiment({
    id: 'E1',
    title: 'PostgreSQL is killed, and is back after 10 s',
    inShort: true,
    lasts: [10, 4],
    break: ({ stack }) => stack.postgres.kill(),
    heal: ({ stack }) => stack.postgres.start(),
    mayFail: needPostgres,
    answersWithinMs: 3000,
    recoversWithinMs: 5000,
    notReady: true,
  }),
  faultExperiment({
    id: 'E2',
    title: 'PostgreSQL is stopped in order, and refuses connections for 60 s',
    lasts: [60, 6],
    break: ({ stack }) => stack.postgres.stop(),
    heal: ({ stack }) => stack.postgres.start(),
    mayFail: needPostgres,
    answersWithinMs: 3000,
    recoversWithinMs: 5000,
    notReady: true,
    judge: ({ stack, expect }) => {
      for (const server of [stack.a1, stack.a2]) {
        const perSecond = Map.groupBy(server.log(), ({ time }) => String(time).slice(0, 19))
        const most = Math.max(...[...perSecond.values()].map(lines => lines.length))
        expect(`${server.name} writes at most 10 lines a second besides those of requests`, most <= 10, String(most))
      }
    },
  }),
  faultExperiment({
    id: 'E3',
    title: 'every connection to PostgreSQL is ended every 2 s for 30 s',
    inShort: true,
    lasts: [30, 8],
    break: () => {},
    meanwhile: async ({ stack }, isOver) => {
      while (!isOver()) {
        await stack.postgres.query(endConnections)
        await wait(2000)
      }
    },
    heal: () => {},
    mayFail: needPostgres,
    atMost: 0.01,
    answersWithinMs: 3000,
    recoversWithinMs: 0,
  }),
  faultExperiment({
    id: 'E4',
    title: 'PostgreSQL is paused for 30 s: it accepts connections and says nothing',
    inShort: true,
    lasts: [30, 6],
    break: ({ stack }) => stack.postgres.pause(),
    heal: ({ stack }) => stack.postgres.resume(),
    mayFail: needPostgres,
    answersWithinMs: 5000,
    recoversWithinMs: 5000,
    notReady: true,
    judge: async ({ stack, expect }) => {
      const stuck = await stack.postgres.query(stuckConnections)
      expect('no connection is stuck afterwards', stuck.length === 0, String(stuck.length))
    },
  }),
  faultExperiment({
    id: 'E5',
    title: 'the table of users is locked for 20 s, then PostgreSQL is 300 ms away for 20 s',
    stack: { proxied: true },
    lasts: [20, 5],
    break: () => {},
    meanwhile: async ({ stack, short }) => {
      await stack.postgres.query(`begin; lock table users; select pg_sleep(${short ? 5 : 20}); commit`)
    },
    heal: async ({ stack, short, hold, step }) => {
      step('the table is free again')
      await hold(5)
      step('300 ms there, 300 ms back')
      for (const proxy of stack.proxies.postgres) await proxy.set({ kind: 'delay', ms: 300, jitterMs: 50 })
      await hold(short ? 5 : 20)
      for (const proxy of stack.proxies.postgres) await proxy.set('pass')
    },
    mayFail: needPostgres,
    answersWithinMs: 5000,
    recoversWithinMs: 5000,
    judge: (lab, { before, during }) => {
      const times = (operations: typeof during, wanted: string) =>
        operations
          .filter(({ kind }) => kind === wanted)
          .map(({ at, endedAt }) => endedAt - at)
          .sort((a, b) => a - b)
      for (const kind of unaffected) {
        const [usual, seen] = [percentile(times(before, kind), 0.95), percentile(times(during, kind), 0.95)]
        expectSoon(lab, kind, { limitMs: 100, usual, seen })
      }
    },
  }),
  faultExperiment({
    id: 'E9',
    title: 'PostgreSQL does what it is told, and every answer to a change is lost, for 30 s',
    stack: { proxied: true },
    lasts: [30, 8],
    break: ({ stack, note, later }) => {
      const lost = stack.proxies.postgres.map(proxy => proxy.loseReply(changes, 40))
      later(() => note(`${lost.map(count => count()).join(' and ')} answers to changes were lost`))
    },
    meanwhile: async ({ stack, operations, model }, isOver) => {
      for (let i = 0; !isOver(); i++) {
        await operations.signUp(i % 2 ? stack.a1 : stack.a2, model.newUser(), performance.now())
        await wait(250)
      }
    },
    heal: ({ stack }) => {
      for (const proxy of stack.proxies.postgres) proxy.disarm()
    },
    mayFail: needPostgres,
    answersWithinMs: 3000,
    recoversWithinMs: 1000,
  }),
]
