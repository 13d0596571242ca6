import { createVerifier, type Revocations } from '@auth-pair/access-token'
import { signedInOnly } from '@auth-pair/access-token/pair'
import { atMostEvery, createService, healthRoutes, type Log, type Route } from '@auth-pair/service'
import type { RedisCommands } from '@auth-pair/web-app'
import type { Express } from 'express'
import { serviceName, type TestConfig } from './config.ts'
import { createPages } from './pages/index.ts'
import { restrictedMessage, restrictedRoutes } from './restricted/index.ts'

export interface AppNeeds {
  readonly config: TestConfig
  readonly log: Log
  /** Where revocations are looked up, if anywhere. */
  readonly revocations?: Revocations | undefined
  /** The Redis of browser sessions, where the configuration has pages. */
  readonly sessionRedis?: RedisCommands | undefined
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/**
 * The test-server, wired. It needs no store: an access token is verified with the shared secret, and what the auth-server told of
 * revocations; about an API token the auth-server is asked. Its pages have a Redis for their sessions.
 */
export const createApp = ({
  config,
  log,
  revocations,
  sessionRedis,
  now = Date.now,
}: AppNeeds): { app: Express; routes: readonly Route[]; drain: () => void } => {
  let draining = false
  // every request with an API token asks: a line in ten seconds tells as much
  const due = atMostEvery(10_000)
  const verifier = createVerifier({
    ...config.accessToken,
    introspection: config.introspection,
    revocations,
    now,
    onKeysUnavailable: (err, knownKeys) =>
      log.warn(
        { err, url: config.accessToken.jwksUrl, knownKeys },
        `the auth-server's keys cannot be fetched: ${knownKeys > 0 ? 'the last known ones stay good' : 'there are none, tokens are answered 503'}`,
      ),
    onIntrospectionUnavailable: err => {
      if (due())
        log.warn(
          { err },
          'the auth-server cannot be asked about API tokens: those it was not just asked about are answered 503',
        )
    },
  })
  const { https, corsOrigins, trustedProxies, pages } = config
  const dueToWarn = atMostEvery(10_000)
  const shown =
    pages &&
    sessionRedis &&
    createPages({
      sessions: {
        ...pages,
        redis: sessionRedis,
        issuer: config.accessToken.issuer,
        credentials: { service: serviceName, secret: config.serviceSecret },
        verifier,
        now,
        onTrouble: ({ what, cause: err }) => {
          if (dueToWarn()) log.warn({ what, err }, 'a browser session could not be served')
        },
      },
      message: restrictedMessage,
    })
  const routes = [
    // the most used first: the router looks at them in this order
    ...restrictedRoutes(signedInOnly(verifier)),
    ...(shown?.routes ?? []),
    ...healthRoutes(async () => !draining),
  ]
  const ofPages = shown && { publicOrigin: pages.publicUrl, showProblem: shown.showProblem }
  const app = createService({ routes, log, https, corsOrigins, trustedProxies, ...ofPages })
  return {
    app,
    routes,
    drain: () => {
      draining = true
    },
  }
}
