import type { EventEmitter } from 'node:events'
import RedisMock from 'ioredis-mock'

/** In front of each script: its last argument is the time, which is what `TIME` answers. In a pipeline it would have none. */
const tellTime = `
local clock, call = tonumber(string.match(table.remove(ARGV) or '', '^time (%d+)$')), redis.call
if not clock then error('a script in memory has to be called by its name') end
redis.call = function(name, ...)
  if name ~= 'TIME' then return call(name, ...) end
  return { string.format('%.0f', math.floor(clock / 1e3)), string.format('%.0f', math.fmod(clock, 1e3) * 1e3) }
end
`

/**
 * The Redis in memory of this process, for a bare clone and for tests. All of them share their data.
 *
 * ioredis-mock makes its `TIME` of a rounded second and of the fraction of another clock, so that it is wrong by up to 1.5 s, back and forth:
 * sessions were listed in the wrong order, and limits waited too long. They answer with the time of this process in its place.
 */
export const createMemoryRedis = (): InstanceType<typeof RedisMock> => {
  const redis = new RedisMock()
  // each server of a test subscribes, and some have dozens
  const { channels } = redis as unknown as { channels: EventEmitter }
  channels.setMaxListeners(100)
  const define = redis.defineCommand.bind(redis)
  redis.defineCommand = (name, { lua, ...definition }) => {
    define(name, { ...definition, lua: tellTime + lua })
    const commands = redis as unknown as Record<string, (...args: unknown[]) => unknown>
    const run = commands[name]
    commands[name] = (...args) => run?.(...args, `time ${Date.now()}`)
  }
  redis.time = async () => {
    const now = Date.now()
    return [Math.floor(now / 1000), (now % 1000) * 1000]
  }
  return redis
}
