import type { Experiment } from '../experiment.ts'
import { faultExperiment, needRedis } from '../fault.ts'
import { until } from '../until.ts'
import { lostTurns } from './lost-turns.ts'
import { redisPaused } from './redis-paused.ts'

export const redisExperiments: readonly Experiment[] = [
  faultExperiment({
    id: 'E11',
    title: 'Redis is killed, and is back from its append-only file after 10 s',
    inShort: true,
    lasts: [10, 4],
    break: ({ stack, allow }) => {
      // with one fsync a second, the last second may be lost
      allow.sessionsLost.push({ from: performance.now() - 1000, to: performance.now() })
      return stack.redis.kill()
    },
    heal: ({ stack }) => stack.redis.start(),
    mayFail: needRedis,
    answersWithinMs: 3000,
    recoversWithinMs: 3000,
    notReady: true,
  }),
  redisPaused,
  faultExperiment({
    id: 'E13',
    title: 'the network to Redis swallows everything for 60 s',
    stack: { namespaced: true },
    lasts: [60, 6],
    break: ({ stack, step }) => {
      step(`by ${stack.blackHole.how}`)
      return stack.blackHole.open()
    },
    heal: ({ stack }) => stack.blackHole.close(),
    mayFail: needRedis,
    answersWithinMs: 3000,
    recoversWithinMs: 10_000,
    notReady: true,
  }),
  faultExperiment({
    id: 'E14',
    title: 'Redis forgets everything, and later its scripts',
    lasts: [2, 1],
    break: async ({ stack, allow }) => {
      await stack.redis.forget()
      allow.sessionsLost.push({ from: 0, to: performance.now() })
    },
    heal: async ({ stack, hold, step }) => {
      await stack.redis.start()
      await hold(5)
      step('the scripts go')
      await stack.redis.ask(redis => redis.script('FLUSH'))
    },
    mayFail: needRedis,
    answersWithinMs: 3000,
    recoversWithinMs: 1000,
  }),
  faultExperiment({
    id: 'E16',
    title: 'Redis is full for 10 s, and then may evict what it likes',
    lasts: [10, 4],
    break: async ({ stack }) => void (await stack.redis.ask(redis => redis.config('SET', 'maxmemory', '1'))),
    heal: async ({ stack, later, expect }) => {
      await stack.redis.ask(redis => redis.config('SET', 'maxmemory', '0'))
      later(async () => {
        await stack.redis.ask(redis => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'))
        await stack.a1.end('SIGTERM')
        stack.a1.start()
        const warned = () => stack.a1.log().some(({ level, policy }) => level === 'warn' && policy === 'allkeys-lru')
        await until(warned, 'a warning', { withinMs: 10_000 }).catch(() => {})
        expect('a server that starts warns that sessions may be evicted', warned())
      })
    },
    mayFail: needRedis,
    answersWithinMs: 3000,
    recoversWithinMs: 3000,
    notReady: true,
  }),
  lostTurns,
]
