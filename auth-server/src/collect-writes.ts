import type { Redis } from 'ioredis'

/**
 * Lets the commands of one turn of the event loop leave in one write: a write to a socket costs more than all else that a
 * command does. They stay commands of their own, each with its reply, its error and its deadline, in the order they were
 * given, and wait for no other's answer; that is what ioredis' own pipelining would change.
 */
export const collectWrites = (redis: Redis): void => {
  const { sendCommand } = redis
  let collecting: Redis['stream'] | undefined
  redis.sendCommand = (command, destination) => {
    const { stream } = redis
    // there is none before the first connection, and a new one after each
    if (stream !== undefined && stream !== collecting) {
      collecting = stream
      stream.cork()
      setImmediate(() => {
        if (collecting === stream) collecting = undefined
        stream.uncork()
      })
    }
    return sendCommand.call(redis, command, destination)
  }
}
