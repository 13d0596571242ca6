/** Real Redis servers of loopback, as processes that a test may kill. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { Redis } from 'ioredis'

export interface RedisServer {
  readonly port: number
  /** A connection of the test's own. It waits for a server that is away. */
  readonly admin: Redis
  /** Ends it as a loss of power does, and resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same port and with the same files. */
  restart(): Promise<void>
  /** `SIGSTOP` makes a server that neither answers nor goes away, `SIGCONT` wakes it. */
  signal(signal: NodeJS.Signals): void
}

interface ServerSettings {
  readonly program: 'redis-server' | 'redis-sentinel'
  readonly password: string
  readonly lines: readonly string[]
}

export type RedisServers = ReturnType<typeof createRedisServers>

/** Starts servers, each with a folder of its own. `close` ends them all. */
export const createRedisServers = () => {
  const dir = mkdtempSync(join(tmpdir(), 'redis-'))
  const ports = new Set<number>()
  const running = new Map<number, ChildProcess>()
  const servers: RedisServer[] = []
  const killAll = () => {
    for (const child of running.values()) child.kill('SIGKILL')
  }
  process.once('exit', killAll)

  const newPort = async () => {
    let port = await freePort()
    while (ports.has(port)) port = await freePort()
    ports.add(port)
    return port
  }

  const start = async ({ program, password, lines }: ServerSettings): Promise<RedisServer> => {
    const port = await newPort()
    const home = join(dir, String(port))
    const file = join(home, 'redis.conf')
    mkdirSync(home)
    const common = ['bind 127.0.0.1', `port ${port}`, `dir ${home}`, `requirepass ${JSON.stringify(password)}`]
    writeFileSync(file, [...common, ...lines].join('\n'))
    const admin = new Redis({
      port,
      password,
      lazyConnect: true,
      retryStrategy: () => 50,
      maxRetriesPerRequest: null,
      disconnectTimeout: 100,
    })
    admin.on('error', () => {})
    const launch = async () => {
      let output = ''
      const child = spawn(program, [file], { stdio: ['ignore', 'pipe', 'pipe'] })
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', chunk => (output = (output + chunk).slice(-4000)))
      running.set(port, child)
      const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${program} ended:\n${output}`)))
      await Promise.race([admin.ping(), ended])
    }
    await launch()
    const server: RedisServer = {
      port,
      admin,
      kill: () => end(running.get(port)),
      restart: launch,
      signal: signal => running.get(port)?.kill(signal),
    }
    servers.push(server)
    return server
  }

  const close = async () => {
    process.off('exit', killAll)
    for (const { admin } of servers) admin.disconnect()
    await Promise.all([...running.values()].map(end))
    rmSync(dir, { recursive: true, force: true })
  }
  return { start, newPort, close }
}

const end = async (child: ChildProcess | undefined): Promise<void> => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Polls until the check holds. The preset is long because sentinels on a busy machine may pause for half a minute. */
export const until = async (
  check: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 60_000,
): Promise<void> => {
  for (const began = performance.now(); performance.now() - began < withinMs; await wait(50)) {
    if (await check()) return
  }
  throw new Error(`not within ${withinMs} ms: ${what}`)
}
