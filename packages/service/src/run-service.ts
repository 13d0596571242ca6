import { setTimeout as wait } from 'node:timers/promises'
import type { Express } from 'express'
import { createHttpServer, listen } from './http-server.ts'
import type { Log } from './log.ts'

/** How long requests in flight may take once no new ones are accepted, in milliseconds. Docker kills after 10 s by default. */
const finishMs = 8_000

/** The longest `drainMs`. */
export const maxDrainS = 5

export interface RunningService {
  readonly port: number
  /** Finishes what is in flight and lets go of the stores. The second call does nothing. */
  stop(): Promise<void>
}

interface ServiceToRun {
  readonly app: Express
  readonly port: number
  readonly https: boolean
  readonly log: Log
  /** How long it goes on serving while it is not ready any more, so that load balancers can notice, in milliseconds. */
  readonly drainMs: number
  /** Called first: the server is not ready from here on. */
  readonly draining: () => void
  /** Called last, when no request is left. */
  readonly close: () => Promise<void>
}

/** Starts to listen, and knows how to stop without breaking a request. */
export const runService = async (needs: ServiceToRun): Promise<RunningService> => {
  const { app, port, https, log, drainMs, draining, close } = needs
  const server = createHttpServer(app, { https, log })
  const listening = await listen(server, port)
  log.info({ port: listening }, 'listening')
  let stopping: Promise<void> | undefined
  const stop = async () => {
    log.info('stopping')
    draining()
    // an answer on a kept-alive connection tells the client that it is the last one
    server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'))
    await wait(drainMs)
    // connections whose request was in flight become idle later, and would be kept alive
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    const force = setTimeout(() => server.closeAllConnections(), finishMs)
    await new Promise<void>(resolve => server.close(() => resolve()))
    clearInterval(idle)
    clearTimeout(force)
    await close()
    log.info('stopped')
    // somebody may have stopped to read the log
    const flushed = new Promise<boolean>(resolve => log.flush(() => resolve(true)))
    if (!(await Promise.race([flushed, wait(1000, false, { ref: false })]))) endAtOnce()
  }
  return {
    port: listening,
    stop: () => (stopping ??= stop()),
  }
}

/** Without the hooks of an exit, which would wait for the log to be read. */
const endAtOnce = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

/** One Ctrl-C arrives twice: from the terminal, and from npm, which forwards it. Milliseconds. */
const sameSignalMs = 1000

/** Stops and ends the process on SIGTERM and SIGINT; a second signal ends it at once. */
export const stopOnSignals = (stop: () => Promise<void>): void => {
  let signalledAt: number | undefined
  const onSignal = async () => {
    if (signalledAt !== undefined && performance.now() - signalledAt > sameSignalMs) endAtOnce()
    if (signalledAt !== undefined) return
    signalledAt = performance.now()
    // whatever hangs, the process is gone before an orchestrator loses its patience
    setTimeout(endAtOnce, maxDrainS * 1000 + finishMs + 1_500).unref()
    await stop()
    process.exit(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
