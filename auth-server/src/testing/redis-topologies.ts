/** Redis in the two ways that survive the loss of a server: watched by sentinels, and as a cluster. Fail-over takes seconds. */
import { spawnSync } from 'node:child_process'
import { createRedisServers, type RedisServer, type RedisServers, until } from './redis-servers.ts'

/** The password of the servers that hold data, with signs that have to be encoded in a URL. */
export const topologyPassword = 'p/ss+w?rd#1'
const sentinelPassword = 's+ntinel&1'

/** What has to be on the PATH, and is not. */
export const missingPrograms = (): string[] =>
  ['redis-server', 'redis-sentinel'].filter(name => spawnSync(name, ['--version']).status !== 0)

export interface RedisTopology {
  /** As REDIS_URL takes it. */
  readonly url: string
  /** All that hold data. */
  readonly servers: readonly RedisServer[]
  /** The sentinels too, where there are any. */
  readonly all: readonly RedisServer[]
  /** Those that say that they are one. A server that is away is waited for. */
  primaries(): Promise<RedisServer[]>
  close(): Promise<void>
}

const password = topologyPassword
const dataLines = [
  `masterauth ${JSON.stringify(password)}`,
  'maxmemory-policy noeviction',
  'appendonly yes',
  'appendfsync everysec',
  'save ""',
  'repl-diskless-sync-delay 0',
]

const field = (text: string, name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1]
const replication = async ({ admin }: RedisServer) => {
  const info = await admin.info('replication')
  return { role: field(info, 'role'), link: field(info, 'master_link_status') }
}
const primariesAmong = async (servers: readonly RedisServer[]) => {
  const roles = await Promise.all(servers.map(replication))
  return servers.filter((_, i) => roles[i]?.role === 'master')
}
const replicasFollow = async (servers: readonly RedisServer[]) =>
  (await Promise.all(servers.map(replication))).every(({ role, link }) => role === 'master' || link === 'up')

const orClose = async <Topology>(build: (servers: RedisServers) => Promise<Topology>): Promise<Topology> => {
  const servers = createRedisServers()
  return build(servers).catch(async error => {
    await servers.close()
    throw error
  })
}

/** One primary, two replicas, three sentinels that agree by two votes. */
export const startSentinels = (): Promise<RedisTopology> => orClose(buildSentinels)

const buildSentinels = async ({ start, close }: RedisServers) => {
  // a primary that is cut off from its replicas stops acknowledging: see docs/operations.md
  const lines = [...dataLines, 'min-replicas-to-write 1', 'min-replicas-max-lag 3']
  const primary = await start({ program: 'redis-server', password, lines })
  const replicaLines = [...lines, `replicaof 127.0.0.1 ${primary.port}`]
  const replicas = await Promise.all(
    [1, 2].map(() => start({ program: 'redis-server', password, lines: replicaLines })),
  )
  const sentinelLines = [
    `sentinel monitor mymaster 127.0.0.1 ${primary.port} 2`,
    `sentinel auth-pass mymaster ${JSON.stringify(password)}`,
    `sentinel sentinel-pass ${JSON.stringify(sentinelPassword)}`,
    // with 1000, the period of their pings, sentinels now and then take a new primary for lost at once
    'sentinel down-after-milliseconds mymaster 1500',
    'sentinel failover-timeout mymaster 2000',
  ]
  const sentinels = await Promise.all(
    [1, 2, 3].map(() => start({ program: 'redis-sentinel', password: sentinelPassword, lines: sentinelLines })),
  )
  const servers = [primary, ...replicas]
  await until(() => replicasFollow(servers), 'replicas follow')
  await until(async () => {
    const views = await Promise.all(sentinels.map(({ admin }) => admin.call('SENTINEL', 'MASTER', 'mymaster')))
    return (views as string[][]).every(
      view => view[view.indexOf('num-slaves') + 1] === '2' && view[view.indexOf('num-other-sentinels') + 1] === '2',
    )
  }, 'sentinels know of each other and of the replicas')
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const secrets = [password, sentinelPassword].map(encodeURIComponent)
  return {
    url: `redis-sentinel://:${secrets[0]}@${hosts}/0?master=mymaster&sentinelPassword=${secrets[1]}`,
    servers,
    all: [...servers, ...sentinels],
    primaries: () => primariesAmong(servers),
    close,
  }
}

/** Three primaries, each with a replica. */
export const startCluster = (): Promise<RedisTopology> => orClose(buildCluster)

const buildCluster = async ({ start, newPort, close }: RedisServers) => {
  const servers = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const bus = await newPort()
      const lines = [...dataLines, 'cluster-enabled yes', 'cluster-node-timeout 1000', `cluster-port ${bus}`]
      return { bus, ...(await start({ program: 'redis-server', password, lines })) }
    }),
  )
  const [first, ...others] = servers as [(typeof servers)[number], ...typeof servers]
  await Promise.all(servers.map(({ admin }, i) => admin.cluster('SET-CONFIG-EPOCH', i + 1)))
  for (const { port, bus } of others) await first.admin.call('CLUSTER', 'MEET', '127.0.0.1', port, bus)
  const primaries = servers.slice(0, 3)
  const third = Math.ceil(16384 / 3)
  for (const [i, { admin }] of primaries.entries()) {
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', i * third, Math.min(16384, (i + 1) * third) - 1)
  }
  const everywhere = (check: (info: string) => boolean) => async () =>
    (await Promise.all(servers.map(({ admin }) => admin.cluster('INFO')))).every(check)
  await until(
    everywhere(info => field(info, 'cluster_known_nodes') === '6'),
    'nodes know of each other',
  )
  const ids = await Promise.all(primaries.map(({ admin }) => admin.cluster('MYID')))
  for (const [i, { admin }] of servers.slice(3).entries()) {
    await until(
      () =>
        admin.call('CLUSTER', 'REPLICATE', ids[i] as string).then(
          () => true,
          () => false,
        ),
      'a replica knows its primary',
    )
  }
  await until(() => replicasFollow(servers), 'replicas follow')
  await until(
    everywhere(info => field(info, 'cluster_state') === 'ok' && field(info, 'cluster_slots_ok') === '16384'),
    'the cluster is whole',
  )
  const nodes = primaries.map(({ port }) => `127.0.0.1:${port}`).join(',')
  return {
    url: `redis-cluster://:${encodeURIComponent(password)}@${nodes}`,
    servers,
    all: servers,
    primaries: () => primariesAmong(servers),
    close,
  }
}
