import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import { type Cluster, Redis, ReplyError } from 'ioredis'

/** A single Redis, one behind Sentinels, or a cluster. */
export type RedisClient = Redis | Cluster

/** Milliseconds. A connection that has not answered anything for `silence` is dropped, with all that waits on it. */
const redisLimits = { connect: 2000, command: 500, silence: 1000 } as const

/**
 * A connection to Redis that never makes a caller wait for long: a deadline on every command, no queue while there is no
 * connection, and no command sent again behind the caller's back. It reconnects by itself, for ever.
 */
export const createRedis = ({ url, log }: { url: string; log: Log }): Redis => {
  const redis = new Redis(withoutOptions(url), {
    connectionName: 'auth-server',
    connectTimeout: redisLimits.connect,
    commandTimeout: redisLimits.command,
    socketTimeout: redisLimits.silence,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: attempt => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)) * (0.8 + Math.random() * 0.2),
    keepAlive: 10_000,
    // Redis says itself when it is done with loading its data: ask often
    maxLoadingRetryTime: 500,
    // after a fail-over the old connection leads to a replica; a new one finds the new primary
    reconnectOnError: error => error.message.startsWith('READONLY'),
  })
  // it tries again at least once a second: a line in ten seconds tells as much
  const due = atMostEvery(10_000)
  redis.on('error', error => {
    if (due()) log.warn({ err: error }, 'Redis is not available, trying again')
  })
  redis.on('ready', () => {
    log.info('Redis is connected')
    warnOfEviction(redis, log)
  })
  return redis
}

// a URL may bring options along, and they would win over the limits above
const withoutOptions = (url: string): string => Object.assign(new URL(url), { search: '' }).href

/** A second connection of the same kind, for a subscription. */
export const secondConnection = (redis: RedisClient): RedisClient => (redis as Redis).duplicate()

/** Sessions are nothing to evict: a Redis that may do so ends them whenever its memory is short. */
const warnOfEviction = async (redis: Redis, log: Log): Promise<void> => {
  // not every provider answers this
  const info = await redis.info('memory').catch(() => '')
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn({ policy }, 'Redis may evict sessions when its memory is short: set its maxmemory-policy to noeviction')
  }
}

/** Whether Redis takes writes: one that is full, or a replica, answers too, and can do nothing for us. */
export const redisReady = (redis: RedisClient): Promise<boolean> =>
  redis.set('ready', '1', 'PX', 10_000).then(
    answer => answer === 'OK',
    () => false,
  )

/** The words that Redis' refusals begin with when it cannot do its work at the moment. */
const notNow =
  /\b(LOADING|READONLY|OOM|MISCONF|BUSY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM)\b/

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
