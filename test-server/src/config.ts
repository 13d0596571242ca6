import type { FeedLostPolicy, IntrospectionNeeds } from '@auth-pair/access-token'
import {
  keySetSettings,
  publishedComplaints,
  signingSettings,
  tokenSettingComplaints,
  tokenSettings,
  verifyingSecrets,
} from '@auth-pair/access-token/pair'
import {
  ConfigurationError,
  type Environment,
  isOrigin,
  type LogLevel,
  oneOf,
  origin,
  readSettings,
  type SettingNotes,
  secret,
  secretNames,
  sharedSettings,
  storeUrl,
  whole,
} from '@auth-pair/service'
import { z } from 'zod'

/** How this server calls itself, for the auth-server's log. */
export const serviceName = 'test-server'
const sessionRedis =
  'The Redis of the test-server’s own browser sessions. With it, `SESSION_SECRET` and `AUTH_SERVER_URL` the test-server has pages; whoever can read it can be anybody who is signed in there.'
const sessionSecret = 'Signs the cookie of the test-server’s browser sessions. Another one ends them all.'

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
  SESSION_REDIS_URL: storeUrl(['redis:', 'rediss:'], sessionRedis)
    .optional()
    .meta({ default: 'none', about: sessionRedis, secret: true }),
  SESSION_SECRET: secret(sessionSecret).optional().meta({ default: 'none', about: sessionSecret, secret: true }),
  TEST_PUBLIC_URL: z
    .string()
    .refine(isOrigin, 'has to be an origin such as https://app.example.com, without a path')
    .default('http://localhost:4000')
    .meta({
      default: 'http://localhost:4000',
      about:
        'How browsers reach the test-server. With https its session cookie is `Secure` and prefixed, and published secrets are refused.',
    } satisfies SettingNotes),
  ...sharedSettings,
})

interface PagesConfig {
  readonly publicUrl: string
  readonly redisUrl: string
  readonly secret: string
  /** How browsers reach the auth-server. */
  readonly authServerPublicUrl: string
  readonly authServerUrl: string
}

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
  /** Browser sessions, if there are pages. */
  readonly pages: PagesConfig | undefined
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
  complaints.push(...pagesComplaints(settings))
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
    pages: pagesOf(settings),
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

type TestSettings = z.infer<typeof testSettings>

const pagesComplaints = (settings: TestSettings): string[] => {
  const { SESSION_REDIS_URL: redisUrl, SESSION_SECRET: secret, AUTH_SERVER_URL: authServerUrl } = settings
  const complaints = publishedComplaints(settings.TEST_PUBLIC_URL, { SESSION_SECRET: secret })
  // the secret may be there for nothing, as may any other setting of one `.env` for all
  if (redisUrl !== undefined && (secret === undefined || authServerUrl === undefined))
    complaints.push(
      'SESSION_REDIS_URL demands a SESSION_SECRET and an AUTH_SERVER_URL: there are no pages without them',
    )
  return complaints
}

const pagesOf = (settings: TestSettings): PagesConfig | undefined => {
  const { SESSION_REDIS_URL: redisUrl, SESSION_SECRET: secret, AUTH_SERVER_URL: authServerUrl } = settings
  if (redisUrl === undefined || secret === undefined || authServerUrl === undefined) return undefined
  return {
    publicUrl: settings.TEST_PUBLIC_URL,
    redisUrl,
    secret,
    authServerPublicUrl: settings.PUBLIC_URL,
    authServerUrl,
  }
}
