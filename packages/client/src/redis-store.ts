import { randomUUID } from 'node:crypto'
import { unlessAborted } from './core/ask-server.ts'
import { AuthError } from './core/auth-error.ts'
import { longestTurnMs, type Store } from './store.ts'

/** What is asked of Redis. An `ioredis` client has it. */
export interface RedisCommands {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<unknown>
  del(key: string): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...args: string[]): Promise<unknown>
}

interface RedisStoreNeeds {
  readonly redis: RedisCommands
  /** The key of the session. Whoever can read it can be the user. The lock is beside it, `:lock`. */
  readonly key: string
}

/** KEYS: the lock. ARGV: the holder's random value, milliseconds. Returns OK, or nothing when somebody else holds it. */
const lockScript = "return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])"

/** KEYS: the lock. ARGV: the holder's random value. Deletes the lock if it is still the holder's. */
const releaseScript = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

/** KEYS: the session. ARGV: the text that it must be, and the one to put in its place if there is to be one. Returns whether it was. */
const replaceScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('DEL', KEYS[1]) end
return 1`

/** How long to wait before asking again for a lock that is held, at most. Milliseconds. */
const glanceMs = 50

/** Keeps the session in Redis, for processes on several machines that are one user. The client is yours, its connection too. */
export const redisStore = ({ redis, key }: RedisStoreNeeds): Store => ({
  read: () => explained(key, async () => (await redis.get(key)) ?? undefined),
  write: (text, former) =>
    explained(key, async () => {
      if (former !== undefined)
        return (await redis.eval(replaceScript, 1, key, former, ...(text === undefined ? [] : [text]))) === 1
      await (text === undefined ? redis.del(key) : redis.set(key, text))
      return true
    }),
  lock: async signal => {
    const [lock, mine] = [`${key}:lock`, randomUUID()]
    const taken = () => explained(key, () => redis.eval(lockScript, 1, lock, mine, String(longestTurnMs)))
    while (!(await taken())) {
      signal?.throwIfAborted()
      await unlessAborted(new Promise(resolve => setTimeout(resolve, glanceMs * (0.5 + Math.random() / 2))), signal)
    }
    return async () => {
      // what cannot be released expires
      await redis.eval(releaseScript, 1, lock, mine).catch(() => {})
    }
  },
})

/** SECURITY: the errors of Redis clients carry the command and its arguments, which are tokens: only their first words are kept. */
const explained = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const [why] = String(error instanceof Error ? error.message : error).split(', with args')
    throw new AuthError('store-unusable', `The session at ${key} cannot be reached in Redis: ${why}`)
  }
}
