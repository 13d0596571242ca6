import type { FeedLostPolicy, IntrospectionNeeds } from '@auth-pair/access-token'
import {
  keySetSettings,
  signingSettings,
  tokenSettingComplaints,
  tokenSettings,
  verifyingSecrets,
} from '@auth-pair/access-token/pair'
import {
  ConfigurationError,
  type Environment,
  type LogLevel,
  oneOf,
  origin,
  readSettings,
  secretNames,
  sharedSettings,
  whole,
} from '@auth-pair/service'
import { z } from 'zod'

/** How this server calls itself, for the auth-server's log. */
export const serviceName = 'test-server'

/** The settings of the test-server: what any verifying service needs. The texts are its documentation. */
export const testSettings = z.object({
  TEST_PORT: whole(0, 65535, 4000, 'The port that the test-server listens on; 0 takes a free one.'),
  ...tokenSettings,
  ...keySetSettings,
  AUTH_SERVER_URL: origin(
    'Where this server reaches the auth-server, to be told of revocations as they happen, and to ask about API tokens. Without it an access token lives to its end, and API tokens are refused.',
  ),
  REVOCATION_FEED_LOST: oneOf(
    ['allow', 'refuse'],
    'allow',
    'What happens to access tokens while the auth-server cannot be reached: `allow` believes them until they expire, `refuse` answers 503 after 5 s.',
  ),
  ...sharedSettings,
})

export interface TestConfig {
  readonly port: number
  readonly https: boolean
  readonly accessToken: {
    readonly secrets: readonly string[]
    /** Where the auth-server's public keys are, if they are used. */
    readonly jwksUrl: string | undefined
    readonly issuer: string
    readonly audience: string
  }
  /** Shows the auth-server that this service belongs to it. */
  readonly serviceSecret: string
  /** Where the revocation feed is, if it is used. */
  readonly authServerUrl: string | undefined
  readonly feedLost: FeedLostPolicy
  /** How the auth-server is asked about API tokens, if it is. */
  readonly introspection: IntrospectionNeeds | undefined
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly drainMs: number
  readonly logLevel: LogLevel
}

export const testSecretNames = secretNames(testSettings)

/** The test-server's configuration out of an environment. Throws ConfigurationError with every complaint at once. */
export const readConfig = (env: Environment): TestConfig => {
  const settings = readSettings(testSettings, env)
  const { ACCESS_TOKEN_JWKS_URL: jwksUrl, AUTH_SERVER_URL: authServerUrl, JWT_ACCESS_SECRET: secret } = settings
  const https = settings.PUBLIC_URL.startsWith('https:')
  const complaints = [...tokenSettingComplaints(settings, jwksUrl !== undefined), ...misspelled(env)]
  if (settings.REVOCATION_FEED_LOST === 'refuse' && authServerUrl === undefined)
    complaints.push('REVOCATION_FEED_LOST=refuse demands an AUTH_SERVER_URL: without one there is no feed to lose')
  if (complaints.length > 0) throw new ConfigurationError(complaints)
  return Object.freeze({
    port: settings.TEST_PORT,
    https,
    accessToken: {
      secrets: verifyingSecrets(settings, jwksUrl !== undefined),
      jwksUrl,
      issuer: settings.JWT_ISSUER ?? settings.PUBLIC_URL,
      audience: settings.JWT_AUDIENCE,
    },
    serviceSecret: secret,
    authServerUrl,
    feedLost: settings.REVOCATION_FEED_LOST,
    introspection: authServerUrl === undefined ? undefined : { url: authServerUrl, secret, service: serviceName },
    corsOrigins: settings.CORS_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    drainMs: settings.DRAIN_S * 1000,
    logLevel: settings.LOG_LEVEL,
  })
}

/** SECURITY: with its name misspelled, the address of the keys would do nothing, and the secret go on verifying. */
const misspelled = (env: Environment): string[] => {
  // one .env may serve both servers
  const signing = Object.keys(signingSettings)
  const names = [...Object.keys(keySetSettings), ...signing, ...signing.map(name => `${name}_FILE`)]
  return Object.keys(env)
    .filter(name => name.startsWith('ACCESS_TOKEN_') && !names.includes(name))
    .map(name => `${name} is not a setting: see docs/configuration.md for the names`)
}
