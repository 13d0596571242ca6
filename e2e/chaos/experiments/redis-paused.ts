import { faultExperiment, needRedis } from '../fault.ts'
import type { Operation } from '../history.ts'
import { scriptHash } from './script-hash.ts'

const megabyte = 1024 * 1024

/** A connection that is silent for a second is given up: what was sent on it until then may be heard late. Milliseconds. */
const heardLate = 1500

/** How long after the end of the pause the commands are counted, in milliseconds. */
const counted = 2000

export const redisPaused = faultExperiment({
  id: 'E12',
  title: 'Redis is paused for 30 s: it accepts connections and says nothing',
  inShort: true,
  lasts: [30, 6],
  break: async ({ stack, later, note, expect }) => {
    const servers = [stack.a1, stack.a2]
    const memory = servers.map(server => server.memory())
    const watch = await stack.redis.watch()
    stack.redis.pause()
    const pausedAt = performance.now()
    later(operations => {
      watch.close()
      const heard = watch.commands.filter(({ at }) => at > pausedAt + 200)
      const resumedAt = heard[0]?.at ?? Number.POSITIVE_INFINITY
      const turns = heard.filter(({ at, args }) => args[1] === scriptHash('rotate-1.lua') && at < resumedAt + counted)
      const asked = operations.filter(
        operation => operation.kind === 'refresh' && mayBeHeard(operation, { pausedAt, resumedAt }),
      )
      const seen = `${turns.length} turns for ${asked.length} refreshes`
      note(`after the pause: ${seen} that may be heard`)
      expect('what was given up is not done afterwards', turns.length > 0 && turns.length <= asked.length, seen)
      for (const [i, server] of servers.entries()) {
        const grown = (server.memory() - (memory[i] ?? 0)) / megabyte
        expect(`${server.name} grows by less than 30 MB`, grown < 30, `${grown.toFixed(0)} MB`)
      }
    })
  },
  heal: ({ stack }) => stack.redis.resume(),
  mayFail: needRedis,
  answersWithinMs: 3000,
  recoversWithinMs: 3000,
  notReady: true,
})

const mayBeHeard = ({ at, endedAt }: Operation, { pausedAt, resumedAt }: { pausedAt: number; resumedAt: number }) =>
  (endedAt > pausedAt && at < pausedAt + heardLate) || (endedAt > resumedAt && at < resumedAt + counted)
