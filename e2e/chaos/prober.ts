import { setTimeout as wait } from 'node:timers/promises'
import type { Span } from './history.ts'
import type { Server } from './server.ts'

export interface Probe {
  readonly server: string
  readonly route: 'live' | 'ready'
  readonly status: number
  readonly at: number
  readonly tookMs: number
}

export interface Prober {
  readonly probes: readonly Probe[]
  /** How long the answers to one route took in a span, from the fastest to the slowest, in milliseconds. */
  times(route: Probe['route'], span: Span): number[]
  stop(): Promise<void>
}

const everyMs = 100

/** Asks the health routes of servers all the time, as orchestrators and load balancers do. */
export const startProber = (servers: readonly Server[]): Prober => {
  const probes: Probe[] = []
  let stopped = false
  const watch = async (server: Server, route: Probe['route']) => {
    while (!stopped) {
      const at = performance.now()
      const status = await server.health(route)
      const tookMs = performance.now() - at
      probes.push({ server: server.name, route, status, at, tookMs })
      await wait(Math.max(0, everyMs - tookMs))
    }
  }
  const running = servers.flatMap(server => [watch(server, 'live'), watch(server, 'ready')])
  return {
    probes,
    times: (wanted, { from, to }) =>
      probes
        .filter(({ route, at }) => route === wanted && at >= from && at < to)
        .map(({ tookMs }) => tookMs)
        .sort((a, b) => a - b),
    stop: async () => {
      stopped = true
      await Promise.all(running)
    },
  }
}
