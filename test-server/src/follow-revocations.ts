import { createRevocationFeed, type FeedChange, type RevocationFeed } from '@auth-pair/access-token'
import { atMostEvery, type Log } from '@auth-pair/service'
import { serviceName, type TestConfig } from './config.ts'

/** The revocation feed of the auth-server, when the configuration names one. What becomes of it is logged. */
export const followRevocations = (config: TestConfig, log: Log): RevocationFeed | undefined => {
  const { authServerUrl, feedLost: whenLost, accessToken, serviceSecret } = config
  if (authServerUrl === undefined) return undefined
  // it tries again at least once a second: a line in ten seconds tells as much
  const [due, dueToSayConnected] = [atMostEvery(10_000), atMostEvery(10_000)]
  const feed = createRevocationFeed({
    authServerUrl,
    secret: serviceSecret,
    issuer: accessToken.issuer,
    service: serviceName,
    whenLost,
    onChange: change => {
      if (change.kind === 'connected') {
        if (dueToSayConnected()) log.info(feed.stats(), 'told of revocations from here on')
      } else if (due()) log.warn({ ...feed.state(), ...feed.stats(), err: causeOf(change) }, sentences[change.kind])
    },
  })
  return feed
}

const sentences: Readonly<Record<Exclude<FeedChange['kind'], 'connected'>, string>> = {
  lost: 'not told of revocations, trying again',
  refused: 'the auth-server does not tell of revocations: compare secret, issuer and clock, trying again',
  overflowed: 'there are more revocations than are kept in memory',
}

const causeOf = (change: FeedChange): unknown => {
  if (change.kind === 'lost') return change.cause
  return change.kind === 'refused' ? new Error(`answered ${change.status}`) : undefined
}
