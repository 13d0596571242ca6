import { type Revocation, readRevocation, writeRevocation } from '@auth-pair/access-token/pair'
import type { Log } from '@auth-pair/service'
import { duplicateRedis, type RedisClient } from '../redis.ts'

export const channel = 'revocations'

/**
 * Tells the other auth-servers of revocations, and hears of theirs, by Redis publish/subscribe. Nothing depends on it: a
 * message that is lost is made good when the record is read, within a second.
 */
export const createAnnouncements = ({
  redis,
  log,
  onHeard,
}: {
  readonly redis: RedisClient
  readonly log: Log
  readonly onHeard: (revocations: Revocation[]) => void
}) => {
  const subscriber = duplicateRedis(redis)
  subscriber.on('error', error => log.debug({ err: error }, 'the subscription to revocations is interrupted'))
  subscriber.on('message', (_channel: string, text: string) => {
    onHeard(
      text
        .split('\n')
        .map(readRevocation)
        .filter(entry => entry !== undefined),
    )
  })
  const subscribe = () => {
    subscriber.subscribe(channel).catch(error => log.debug({ err: error }, 'not subscribed to revocations'))
  }
  if (subscriber.status === 'ready') subscribe()
  subscriber.on('ready', subscribe)

  return {
    announce: (revocations: readonly Revocation[]): Promise<unknown> =>
      redis
        .publish(channel, revocations.map(writeRevocation).join('\n'))
        .catch(error => log.debug({ err: error }, 'revocations not announced')),
    isSubscribed: (): boolean => subscriber.status === 'ready',
    close: () => subscriber.disconnect(),
  }
}
