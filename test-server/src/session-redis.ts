import { atMostEvery, type Log } from '@auth-pair/service'
import { Redis } from 'ioredis'

/** The Redis of this server's own sessions. It never makes a caller wait for long, and connects again by itself, for ever. */
export const createSessionRedis = (url: string, log: Log): Redis => {
  const redis = new Redis(url, {
    connectionName: 'test-server',
    connectTimeout: 2000,
    commandTimeout: 500,
    // milliseconds; a connection that has not answered anything for that long is dropped
    socketTimeout: 1000,
    disconnectTimeout: 500,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 500,
    retryStrategy: attempt => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)) * (0.8 + Math.random() * 0.2),
  })
  const due = atMostEvery(10_000)
  redis.on('error', (err: Error) => {
    if (due()) log.warn({ err }, 'the Redis of the browser sessions is not available, trying again')
  })
  redis.on('ready', () => log.info('the Redis of the browser sessions is connected'))
  return redis
}
