import type { EventEmitter } from 'node:events'
import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import { Cluster, Redis, type RedisOptions, ReplyError } from 'ioredis'
import { collectWrites } from './collect-writes.ts'
import { parseRedisUrl, type RedisTarget } from './redis-url.ts'

/** One Redis (perhaps the one that sentinels name), or a cluster. */
export type RedisClient = Redis | Cluster

/** Milliseconds. A connection that has not answered anything for `silence` is dropped, with all that waits on it. */
const redisLimits = { connect: 2000, command: 500, silence: 1000 } as const

interface RedisNeeds {
  readonly url: string
  readonly log: Log
  /** What Redis lists the connections as. */
  readonly name?: string
}

/**
 * A client of Redis that never makes a caller wait for long: a deadline on every command, no queue while there is no
 * connection, and no command sent again behind the caller's back. It reconnects by itself, for ever. Throws TypeError when
 * the URL is none.
 */
export const createRedis = ({ url, log, name = 'auth-server' }: RedisNeeds): RedisClient => {
  const target = parseRedisUrl(url)
  const redis = target.kind === 'cluster' ? clusterClient(target, name) : singleClient(target, name)
  const events: EventEmitter = redis
  // it tries again at least once a second: a line in ten seconds tells as much
  const due = atMostEvery(10_000)
  const note = (error?: Error) => {
    if (due()) log.warn({ err: error }, 'Redis is not available, trying again')
  }
  for (const trouble of ['error', 'sentinelError', 'node error']) events.on(trouble, note)
  // a cluster that says itself that it is down is no error to its client
  if (target.kind === 'cluster') events.on('reconnecting', () => note())
  events.on('ready', () => {
    log.info('Redis is connected')
    warnOfSettings(redis, log)
  })
  return redis
}

/** Another client of the same Redis, to subscribe with. It has no listeners yet; `error` needs one. */
export const duplicateRedis = (redis: RedisClient): RedisClient =>
  // their arguments differ, so that TypeScript lets neither be called before it knows which of them it is
  redis instanceof Cluster ? redis.duplicate() : redis.duplicate()

const retryDelay = (attempt: number): number =>
  Math.min(1000, 50 * 2 ** Math.min(attempt, 5)) * (0.8 + Math.random() * 0.2)

/** What holds for every connection, whatever it leads to. */
const connectionOptions = ({ tls, username, password }: RedisTarget, connectionName: string) =>
  ({
    connectionName,
    username,
    password,
    ...(tls && { tls: {} }),
    connectTimeout: redisLimits.connect,
    commandTimeout: redisLimits.command,
    socketTimeout: redisLimits.silence,
    disconnectTimeout: redisLimits.command,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    keepAlive: 10_000,
    // the client's own would end this process when it fails: whoever subscribes does it on every `ready`
    autoResubscribe: false,
    // Redis says itself when it is done with loading its data: ask often
    maxLoadingRetryTime: 500,
    // after a fail-over the old connection leads to a replica; a new one finds the new primary
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  }) satisfies RedisOptions

const singleClient = (target: RedisTarget & { kind: 'single' | 'sentinel' }, name: string): Redis => {
  const redis = new Redis({
    ...connectionOptions(target, name),
    ...(target.kind === 'single' ? target.server : sentinelOptions(target)),
    db: target.db,
    enableOfflineQueue: false,
    retryStrategy: retryDelay,
  })
  collectWrites(redis)
  return redis
}

const sentinelOptions = (target: RedisTarget & { kind: 'sentinel' }) =>
  ({
    sentinels: [...target.sentinels],
    name: target.master,
    ...(target.sentinelUsername !== undefined && { sentinelUsername: target.sentinelUsername }),
    ...(target.sentinelPassword !== undefined && { sentinelPassword: target.sentinelPassword }),
    ...(target.tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: redisLimits.command,
    // always a number: without one the client gives up for good
    sentinelRetryStrategy: retryDelay,
  }) satisfies RedisOptions

const clusterClient = (target: RedisTarget & { kind: 'cluster' }, name: string): Cluster => {
  const cluster = new Cluster([...target.nodes], {
    redisOptions: connectionOptions(target, name),
    enableOfflineQueue: false,
    // what was sent to a node that is lost would be sent again; where its slots are now, the next answer MOVED tells
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 5,
    slotsRefreshTimeout: redisLimits.silence,
    clusterRetryStrategy: retryDelay,
    // certificates are made out to names: connect to the names, not to what they resolve to
    dnsLookup: (host, callback) => callback(null, host),
  })
  // the client sends ASKING on its own and never looks at the answer: a node that hangs then would end this process
  cluster.on('+node', (node: Redis) => {
    const asking = node.asking.bind(node)
    node.asking = () => {
      const answer = asking()
      answer.catch(() => {})
      return answer
    }
  })
  return cluster
}

/** Says what in the servers' settings puts sessions at risk. Not every provider lets us look. */
const warnOfSettings = async (redis: RedisClient, log: Log): Promise<void> => {
  // replicas too: each may be promoted. It also opens the connections of a cluster before a request has to wait for one
  const servers = redis instanceof Cluster ? redis.nodes() : [redis]
  const infos = await Promise.all(servers.map(server => server.info().catch(() => '')))
  const policies = infos.map(info => /^maxmemory_policy:(\S+)/m.exec(info)?.[1])
  const policy = policies.find(name => name !== undefined && name !== 'noeviction')
  if (policy !== undefined) {
    log.warn({ policy }, 'Redis may evict sessions when its memory is short: set its maxmemory-policy to noeviction')
  }
  const mode = /^redis_mode:(cluster|sentinel)/m.exec(infos[0] ?? '')?.[1]
  if (mode !== undefined && !(redis instanceof Cluster)) {
    log.warn(`REDIS_URL leads to one server of a Redis ${mode}: it has to start with redis-${mode}://`)
  }
}

/** Keys of slots far from each other, so that a cluster of whatever size has them on several primaries. */
const clusterReadyKeys = ['ready:{0}', 'ready:{1}', 'ready:{2}', 'ready:{3}']

/**
 * Whether Redis takes writes: one that is full, or a replica, answers too, and can do nothing for us. A cluster counts as
 * ready as long as any part of it takes writes, since every server sees the same: taking them all out of service would end
 * it for those users whom the rest of the cluster serves.
 */
export const redisReady = (redis: RedisClient): Promise<boolean> => {
  const keys = redis instanceof Cluster ? clusterReadyKeys : ['ready']
  return Promise.any(keys.map(key => redis.set(key, '1', 'PX', 10_000))).then(
    () => true,
    () => false,
  )
}

/** The words that Redis' refusals begin with when it cannot do its work at the moment. */
const notNow =
  /\b(LOADING|READONLY|OOM|MISCONF|BUSY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MOVED|ASK|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM)\b/

/**
 * Awaits an answer of Redis; whatever means "not now" is thrown as `Problem('unavailable')`. What is left are faults of
 * this program, such as a broken script.
 */
export const fromRedis = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ReplyError && !notNow.test((error as Error).message)) throw error
    throw new Problem('unavailable', { cause: error })
  }
}
