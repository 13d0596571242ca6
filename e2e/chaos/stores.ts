import { type FaultProxy, faultProxyOf } from '../src/fault-proxy.ts'
import { createNamespace, type Namespace } from './namespace.ts'
import { createPostgresServer, type PostgresServer } from './postgres-server.ts'
import type { Processes } from './processes.ts'
import type { Random } from './random.ts'
import { createRedisServer, type RedisServer } from './redis-server.ts'

export interface Stores {
  readonly postgres: PostgresServer
  readonly redis: RedisServer
  /** In front of PostgreSQL and of Redis, for A1 and for A2. */
  readonly proxies: { readonly postgres: readonly FaultProxy[]; readonly redis: readonly FaultProxy[] }
  /** Cuts Redis off without a word, and connects it again; says how it does so. */
  readonly blackHole: BlackHole
}

export interface BlackHole {
  readonly how: string
  /** Whether it works for the proxies' clients only. */
  readonly byProxy: boolean
  open(): Promise<void>
  close(): Promise<void>
}

interface StoresNeeds {
  readonly dir: string
  /** Where an empty database is to be copied from. */
  readonly template: string
  readonly processes: Processes
  readonly random: Random
  /** Whether Redis is to have a network namespace of its own, where one can be made. */
  readonly namespaced: boolean
  readonly closers: (() => Promise<void>)[]
}

/** A private PostgreSQL and Redis, and the proxies in front of them. The stores do not run yet. */
export const createStores = async (needs: StoresNeeds): Promise<Stores> => {
  const { dir, template, processes, random, namespaced, closers } = needs
  const namespace = namespaced ? createNamespace(process.pid & 255) : undefined
  if (namespace) {
    process.once('exit', namespace.remove)
    closers.push(async () => {
      process.off('exit', namespace.remove)
      namespace.remove()
    })
  }
  closers.push(processes.endAll)
  const postgres = await createPostgresServer({ dir, template, processes })
  const redis = await createRedisServer(dir, processes, namespace)
  const proxiesOf = (url: string) => Promise.all([1, 2].map(number => faultProxyOf(url, random.fork(`${number}`).next)))
  const proxies = { postgres: await proxiesOf(postgres.url), redis: await proxiesOf(redis.url) }
  closers.push(async () => {
    await Promise.all([...proxies.postgres, ...proxies.redis].map(proxy => proxy.close()))
  })
  return { postgres, redis, proxies, blackHole: blackHoleOf(proxies.redis, namespace) }
}

const blackHoleOf = (proxies: readonly FaultProxy[], namespace: Namespace | undefined): BlackHole => {
  if (namespace) {
    const how = 'a network namespace that drops every packet'
    return { how, byProxy: false, open: async () => namespace.cutOff(), close: async () => namespace.connect() }
  }
  const set = async (fault: 'black-hole' | 'pass') => {
    for (const proxy of proxies) await proxy.set(fault)
  }
  return { how: 'the fault proxies', byProxy: true, open: () => set('black-hole'), close: () => set('pass') }
}
