/** What is asked of Redis. An `ioredis` client has it: of one server, of Sentinels, or of a cluster. */
export interface RedisCommands {
  /** `ready` while commands are sent at once. */
  readonly status?: string
  get(key: string): Promise<string | null>
  set(key: string, value: string, unit: 'PX', milliseconds: number, condition: 'NX'): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
  del(key: string): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...args: string[]): Promise<unknown>
}

/** Redis did not answer, or not in time. */
class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable'
}

/** How long a command may take, in milliseconds. */
const commandMs = 500

/** Redis with a deadline on every command, and without a queue while there is no connection, however its client was made. */
export const withDeadlines = (redis: RedisCommands): RedisCommands => {
  const within = <T>(send: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const { status } = redis
      // `wait` is a client that connects with its first command
      if (status !== undefined && status !== 'ready' && status !== 'wait')
        return reject(new RedisUnavailable(`Redis is not connected (${status}).`))
      const timer = setTimeout(() => {
        reject(new RedisUnavailable(`Redis has not answered within ${commandMs} ms.`))
      }, commandMs)
      send().then(
        value => {
          clearTimeout(timer)
          resolve(value)
        },
        cause => {
          clearTimeout(timer)
          reject(new RedisUnavailable('Redis cannot do its work.', { cause }))
        },
      )
    })
  return {
    get: key => within(() => redis.get(key)),
    set: (...args) => within(() => redis.set(...args)),
    expire: (key, seconds) => within(() => redis.expire(key, seconds)),
    del: key => within(() => redis.del(key)),
    eval: (...args) => within(() => redis.eval(...args)),
  }
}
