import { setTimeout as wait } from 'node:timers/promises'
import type { Experiment } from '../experiment.ts'
import type { Span } from '../history.ts'
import { isBad, percentile } from '../phases.ts'

/** Kills one of two auth-servers at any moment, again and again: what was acknowledged holds, and the other one serves. */
export const killServer: Experiment = {
  id: 'E18',
  title: 'an auth-server is killed at random moments, 200 times',
  inShort: true,
  run: async ({ stack, short, random, hold, step, note, expect, allow, stalls, later }) => {
    await hold(short ? 2 : 10)
    const away: Span[] = []
    const lost = { from: performance.now(), to: Number.POSITIVE_INFINITY }
    allow.feedLost.push(lost)
    const rounds = short ? 20 : 200
    for (let round = 1; round <= rounds; round++) {
      await wait(random.below(short ? 500 : 1500))
      const from = performance.now()
      await stack.a1.end('SIGKILL')
      stack.a1.start()
      await stack.a1.untilReady()
      away.push({ from, to: performance.now() })
      if (round % 10 === 0) step(`${round} rounds`)
    }
    lost.to = performance.now() + 3000
    await hold(short ? 3 : 20)

    const times = away.map(({ from, to }) => to - from).sort((a, b) => a - b)
    const [median, slowest] = [percentile(times, 0.5), times.at(-1) ?? 0]
    note(`ready again after ${median.toFixed(0)} ms (median), ${slowest.toFixed(0)} ms (slowest)`)
    // the shortened form runs where many other things run
    const limit = short ? 4000 : 2000
    expect(`a killed server is ready again within ${limit} ms (median)`, median < limit, `${median.toFixed(0)} ms`)
    later(operations => {
      const bad = operations.filter(operation => isBad(operation) && !stalls.met(operation))
      // the test-server asks it about API tokens
      const elsewhere = bad.filter(({ server, kind }) => server !== 'A1' && kind !== 'use-token')
      expect('the others serve everything', elsewhere.length === 0, elsewhere.map(({ op }) => op).join())
      const meanwhile = bad.filter(({ at, endedAt }) => !away.some(({ from, to }) => at < to && endedAt >= from))
      expect('it serves everything between its deaths', meanwhile.length === 0, meanwhile.map(({ op }) => op).join())
      note(`${bad.length} of ${operations.length} operations met a server that was not there`)
    })
  },
}
