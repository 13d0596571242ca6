import { randomBytes } from 'node:crypto'
import { freePort } from '@auth-pair/dev/free-port'
import { patientHashing, wideLimits } from '@auth-pair/dev/wide-limits'
import type { FaultProxy } from '../src/fault-proxy.ts'
import { createProcesses } from './processes.ts'
import type { Random } from './random.ts'
import type { Recorder } from './recorder.ts'
import { createServer, type Server } from './server.ts'
import { createStores, type Stores } from './stores.ts'

export interface StackOptions {
  /** Whether the auth-servers reach their stores through the proxies. Otherwise a store that is down looks as it does in earnest. */
  readonly proxied?: boolean
  /** A network namespace for Redis, where one can be made; otherwise the proxies. */
  readonly namespaced?: boolean
  /** For an experiment that starts things in an order of its own. */
  readonly unstarted?: boolean
  /** Settings of the auth-servers. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Two auth-servers and a test-server as processes, on a private PostgreSQL and Redis. */
export interface Stack extends Stores {
  readonly a1: Server
  readonly a2: Server
  readonly t1: Server
  readonly secrets: Readonly<Record<string, string>>
  /** The settings of an auth-server that goes to the stores directly. */
  readonly settings: Readonly<Record<string, string>>
}

interface StackNeeds extends StackOptions {
  readonly dir: string
  /** Where an empty database is to be copied from. */
  readonly template: string
  readonly record: Recorder['record']
  readonly random: Random
  /** Told what has to be done in the end, the last one first, also when the start fails half-way. */
  readonly closers: (() => Promise<void>)[]
}

/** How long a turn of a refresh token settles here: short, so that most refreshes turn. Seconds. */
export const graceS = 5

export const startStack = async (needs: StackNeeds): Promise<Stack> => {
  const { dir, template, record, random, closers, proxied = false, namespaced = false, unstarted = false } = needs
  const processes = createProcesses({ record })
  const stores = await createStores({ dir, template, processes, random, namespaced, closers })
  const { postgres, redis, proxies, blackHole } = stores
  const [port1, port2, testPort] = [await freePort(), await freePort(), await freePort()]
  const secret = () => randomBytes(48).toString('base64')
  const secrets = { JWT_ACCESS_SECRET: secret(), REFRESH_TOKEN_SECRET: secret() }
  const { JWT_ACCESS_SECRET } = secrets
  const common = { PUBLIC_URL: `http://127.0.0.1:${port1}`, JWT_ACCESS_SECRET, LOG_LEVEL: 'info' }
  const settings = {
    ...{ ...common, ...secrets, DATABASE_URL: postgres.url, REDIS_URL: redis.url },
    ...{ COOKIE_SECURE: 'false', BCRYPT_COST: '4', REFRESH_GRACE_S: String(graceS), ...wideLimits, ...patientHashing },
    ...needs.settings,
  }

  const auth = (name: string, port: number, databaseProxy?: FaultProxy, redisProxy?: FaultProxy) => {
    const through = proxied || (namespaced && blackHole.byProxy)
    const proxiedStores = through && {
      DATABASE_URL: databaseProxy?.through(postgres.url),
      REDIS_URL: redisProxy?.through(redis.url),
    }
    const env = { ...settings, ...proxiedStores, AUTH_PORT: String(port) } as Record<string, string>
    return createServer({ name, port, dir, program: 'auth-server/src/main.ts', env, processes })
  }
  const a1 = auth('A1', port1, proxies.postgres[0], proxies.redis[0])
  const a2 = auth('A2', port2, proxies.postgres[1], proxies.redis[1])
  const env = { ...common, TEST_PORT: String(testPort), AUTH_SERVER_URL: a1.url, REVOCATION_FEED_LOST: 'allow' }
  const t1 = createServer({ name: 'T1', port: testPort, dir, program: 'test-server/src/main.ts', env, processes })

  if (!unstarted) {
    await Promise.all([postgres.start(), redis.start()])
    for (const server of [a1, a2, t1]) server.start()
    await Promise.all([a1, a2, t1].map(server => server.untilReady()))
  }
  return { ...stores, a1, a2, t1, secrets, settings }
}
