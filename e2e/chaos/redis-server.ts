import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@auth-pair/dev/free-port'
import { Redis } from 'ioredis'
import type { Namespace } from './namespace.ts'
import type { Child, Processes } from './processes.ts'
import { until } from './until.ts'
import { type Watch, watchCommands } from './watch-commands.ts'

export const redisVersion = (): string | undefined => {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  return status === 0 ? /v=(\S+)/.exec(stdout)?.[1] : undefined
}

export interface RedisServer {
  readonly url: string
  /** Resolves when it answers. What its append-only file holds is there again. */
  start(settings?: Readonly<Record<string, string>>): Promise<void>
  kill(): Promise<void>
  /** Stops it and throws its files away. */
  forget(): Promise<void>
  pause(): void
  resume(): void
  /** Sends commands of one's own. */
  ask<Answer>(question: (redis: Redis) => Promise<Answer>, password?: string): Promise<Answer>
  /** Has it tell every command from here on. */
  watch(): Promise<Watch>
}

/** A private Redis in a folder, in a network namespace of its own if one is given. It does not run yet. */
export const createRedisServer = async (
  dir: string,
  processes: Processes,
  namespace?: Namespace,
): Promise<RedisServer> => {
  const dataDir = join(dir, 'redis')
  mkdirSync(dataDir, { recursive: true })
  const port = await freePort()
  const host = namespace?.address ?? '127.0.0.1'
  const url = `redis://${host}:${port}`
  let server: Child | undefined

  const ask = async <Answer>(question: (redis: Redis) => Promise<Answer>, password?: string): Promise<Answer> => {
    const redis = new Redis(url, {
      ...(password !== undefined && { password }),
      lazyConnect: true,
      retryStrategy: null,
      commandTimeout: 5000,
      maxLoadingRetryTime: 100,
    })
    redis.on('error', () => {})
    try {
      await redis.connect()
      return await question(redis)
    } finally {
      redis.disconnect()
    }
  }

  return {
    url,
    ask,
    start: async (settings = {}) => {
      const given = {
        ...{ bind: host, port: String(port), dir: dataDir, save: '', 'protected-mode': 'no' },
        ...{ appendonly: 'yes', appendfsync: 'everysec', 'maxmemory-policy': 'noeviction' },
        ...settings,
      }
      const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])
      const [command = '', ...first] = [...(namespace?.inside ?? []), 'redis-server']
      server = processes.start({ name: 'redis', command, args: [...first, ...args], log: join(dir, 'redis.log') })
      await until(async () => (await ask(redis => redis.ping())) === 'PONG', 'Redis answers')
    },
    kill: async () => void (await server?.end('SIGKILL')),
    forget: async () => {
      await server?.end('SIGKILL')
      rmSync(dataDir, { recursive: true })
      mkdirSync(dataDir)
    },
    watch: async () => watchCommands(host, port),
    pause: () => server?.signal('SIGSTOP'),
    resume: () => server?.signal('SIGCONT'),
  }
}
