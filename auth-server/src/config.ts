import {
  keySetSettings,
  publishedComplaints,
  tokenSettingComplaints,
  verifyingSecrets,
} from '@auth-pair/access-token/pair'
import { createKey, type Key } from '@auth-pair/access-token/sign'
import {
  ConfigurationError,
  type Environment,
  isPublishedSecret,
  type LogLevel,
  readSettings,
  secretNames,
} from '@auth-pair/service'
import type { Client } from './callers/index.ts'
import type { ChallengePolicy } from './challenges/policy.ts'
import { challengeComplaints, challengePolicy } from './challenges/settings.ts'
import type { GraphqlPolicy } from './graphql/needs.ts'
import type { LimitPolicy } from './limits/index.ts'
import { limitComplaints, limitPolicy, limitWarnings } from './limits/settings.ts'
import type { HashingPolicy } from './passwords/index.ts'
import type { SessionPolicy } from './sessions/index.ts'
import { type AuthSettings, authSettings } from './settings.ts'
import type { CookiePolicy } from './sign-in/index.ts'

export { authSettings }

export interface AuthConfig {
  readonly port: number
  readonly publicUrl: string
  readonly https: boolean
  readonly databaseUrl: string
  readonly databaseOwnerUrl: string | undefined
  readonly databasePrepare: boolean
  readonly redisUrl: string
  readonly accessToken: {
    /** Signs. */
    readonly key: Key
    /** Verify: the signing one is among them. */
    readonly secrets: readonly string[]
    /** The public halves of these are published. */
    readonly privateKeys: readonly Key[]
    /** Show that a service belongs to this server. */
    readonly serviceSecrets: readonly string[]
    readonly issuer: string
    readonly audience: string
    /** Whole seconds. */
    readonly lifeS: number
  }
  readonly refreshTokenSecret: string
  readonly sessions: SessionPolicy
  readonly cookies: CookiePolicy
  readonly bcryptCost: number
  readonly hashing: HashingPolicy
  readonly limits: LimitPolicy
  readonly passwordMinLength: number
  readonly challenge: ChallengePolicy
  readonly auditRetentionDays: number
  readonly clients: readonly Client[]
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  /** Where browsers may be sent with a code. */
  readonly returnAddresses: readonly string[]
  /** None when there is no GraphQL. */
  readonly graphql: GraphqlPolicy | undefined
  readonly drainMs: number
  readonly logLevel: LogLevel
  /** What an operator should know, though it is allowed. */
  readonly warnings: readonly string[]
}

export const authSecretNames = secretNames(authSettings)

/** The auth-server's configuration out of an environment. Throws ConfigurationError with every complaint at once. */
export const readConfig = (env: Environment): AuthConfig => {
  const complaints = misspelled(env)
  let settings: AuthSettings
  try {
    settings = readSettings(authSettings, env)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new ConfigurationError([...error.complaints, ...complaints])
  }
  const https = settings.PUBLIC_URL.startsWith('https:')
  complaints.push(...contradictions(settings, https))
  if (complaints.length > 0) throw new ConfigurationError(complaints)

  // RFC 6265bis, section 4.1.3: the prefixes let a browser refuse what a neighbouring host plants
  const refreshName = https ? `__Secure-${settings.REFRESH_COOKIE_NAME}` : settings.REFRESH_COOKIE_NAME
  const accessName = https ? `__Host-${settings.ACCESS_COOKIE_NAME}` : settings.ACCESS_COOKIE_NAME
  const deviceName = https ? `__Secure-${settings.DEVICE_COOKIE_NAME}` : settings.DEVICE_COOKIE_NAME
  return Object.freeze({
    port: settings.AUTH_PORT,
    publicUrl: settings.PUBLIC_URL,
    https,
    databaseUrl: settings.DATABASE_URL,
    databaseOwnerUrl: settings.DATABASE_OWNER_URL,
    databasePrepare: settings.DATABASE_PREPARE,
    redisUrl: settings.REDIS_URL,
    accessToken: {
      key: settings.ACCESS_TOKEN_PRIVATE_KEY ?? createKey(settings.JWT_ACCESS_SECRET),
      secrets: verifyingSecrets(settings, usesKeys(settings)),
      privateKeys: [settings.ACCESS_TOKEN_PRIVATE_KEY, settings.ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS].filter(
        key => key !== undefined,
      ),
      serviceSecrets: [settings.JWT_ACCESS_SECRET, settings.JWT_ACCESS_SECRET_PREVIOUS].filter(
        secret => secret !== undefined,
      ),
      issuer: settings.JWT_ISSUER ?? settings.PUBLIC_URL,
      audience: settings.JWT_AUDIENCE,
      lifeS: settings.JWT_ACCESS_AGE_S,
    },
    refreshTokenSecret: settings.REFRESH_TOKEN_SECRET,
    sessions: {
      idleMs: settings.REFRESH_TOKEN_AGE_S * 1000,
      lifeMs: settings.REFRESH_TOKEN_MAX_AGE_S * 1000,
      graceMs: settings.REFRESH_GRACE_S * 1000,
      maxPerUser: settings.MAX_SESSIONS_PER_USER,
    },
    cookies: {
      refreshName,
      accessName,
      deviceName,
      secure: settings.COOKIE_SECURE,
      sameSite: settings.COOKIE_SAMESITE,
    },
    bcryptCost: settings.BCRYPT_COST,
    hashing: {
      threads: settings.HASHING_THREADS || undefined,
      maxWaiting: settings.HASHING_MAX_WAITING,
      maxWaitMs: settings.HASHING_MAX_WAIT_MS,
    },
    limits: limitPolicy(settings),
    passwordMinLength: settings.PASSWORD_MIN_LENGTH,
    challenge: challengePolicy(settings, settings.PUBLIC_URL),
    auditRetentionDays: settings.AUDIT_RETENTION_DAYS,
    clients: settings.CLIENTS,
    corsOrigins: settings.CORS_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    returnAddresses: settings.RETURN_ADDRESSES,
    graphql:
      settings.GRAPHQL === 'off'
        ? undefined
        : { development: settings.GRAPHQL === 'development', login: settings.GRAPHQL_LOGIN },
    drainMs: settings.DRAIN_S * 1000,
    logLevel: settings.LOG_LEVEL,
    warnings: warnings(settings),
  })
}

/** Whether tokens are signed with a key that only this server holds. */
const usesKeys = (settings: AuthSettings): boolean => settings.ACCESS_TOKEN_PRIVATE_KEY !== undefined

/** What no single setting can tell. */
const contradictions = (settings: AuthSettings, https: boolean): string[] => {
  const { JWT_ACCESS_SECRET: access, JWT_ACCESS_SECRET_PREVIOUS: previous, REFRESH_TOKEN_SECRET: refresh } = settings
  const rules: [boolean, string][] = [
    [access === refresh, 'JWT_ACCESS_SECRET and REFRESH_TOKEN_SECRET have to differ: services hold the first one'],
    [
      previous !== undefined && previous === refresh,
      'JWT_ACCESS_SECRET_PREVIOUS and REFRESH_TOKEN_SECRET have to differ',
    ],
    [
      usesKeys(settings) && settings.ACCESS_TOKEN_PRIVATE_KEY?.id === settings.ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS?.id,
      'ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS has to differ from ACCESS_TOKEN_PRIVATE_KEY',
    ],
    [
      new Set([settings.REFRESH_COOKIE_NAME, settings.ACCESS_COOKIE_NAME, settings.DEVICE_COOKIE_NAME]).size < 3,
      'REFRESH_COOKIE_NAME, ACCESS_COOKIE_NAME and DEVICE_COOKIE_NAME have to differ',
    ],
    [
      settings.REFRESH_TOKEN_MAX_AGE_S < settings.REFRESH_TOKEN_AGE_S,
      'REFRESH_TOKEN_MAX_AGE_S has to be at least REFRESH_TOKEN_AGE_S',
    ],
    [
      settings.REFRESH_TOKEN_AGE_S <= 2 * settings.REFRESH_GRACE_S,
      'REFRESH_TOKEN_AGE_S has to be more than twice REFRESH_GRACE_S: a use that settles does not prolong the session',
    ],
    [https && !settings.COOKIE_SECURE, 'COOKIE_SECURE cannot be false when PUBLIC_URL is https'],
    [!https && settings.COOKIE_SAMESITE === 'none', 'COOKIE_SAMESITE=none demands a PUBLIC_URL with https'],
    [
      settings.DATABASE_OWNER_URL !== undefined &&
        ['', new URL(settings.DATABASE_OWNER_URL).username].includes(new URL(settings.DATABASE_URL).username),
      'DATABASE_URL has to name a role of its own when there is a DATABASE_OWNER_URL',
    ],
    [https && settings.BCRYPT_COST < 10, 'BCRYPT_COST has to be at least 10 when PUBLIC_URL is https'],
  ]
  const broken = rules.filter(([is]) => is).map(([, complaint]) => complaint)
  return [
    // while a key is announced, the services that share this .env name the present secret as the previous one
    ...tokenSettingComplaints(settings, usesKeys(settings) || settings.ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS !== undefined),
    ...publishedComplaints(settings.PUBLIC_URL, { REFRESH_TOKEN_SECRET: refresh }),
    ...challengeComplaints(settings, https),
    ...limitComplaints(settings),
    ...broken,
  ]
}

const warnings = (settings: AuthSettings): string[] => [
  ...limitWarnings(settings),
  ...[
    settings.BCRYPT_COST < 10 && 'BCRYPT_COST is below 10: for development and tests only',
    settings.CHALLENGE_KIND === 'none' &&
      'CHALLENGE_KIND is none: bots may sign up, and guess at an account from everywhere',
    settings.PUBLIC_URL.startsWith('https:') &&
      settings.RETURN_ADDRESSES.some(address => address.startsWith('http:')) &&
      'RETURN_ADDRESSES names the machine of whoever signs in: for development only',
    settings.PUBLIC_URL.startsWith('https:') &&
      settings.GRAPHQL === 'development' &&
      'GRAPHQL is development: whoever asks is told the schema; say on, or off',
    !settings.COOKIE_SECURE && 'COOKIE_SECURE is false: cookies also travel over plain http, for development only',
    isPublishedSecret(settings.JWT_ACCESS_SECRET) && 'JWT_ACCESS_SECRET is a published sample: for development only',
  ].filter(warning => warning !== false),
]

/** Names that begin like one of this server's own, but are none: most likely typing errors, which would silently do nothing. */
const misspelled = (env: Environment): string[] => {
  const ours =
    /^(JWT|ACCESS_TOKEN|REFRESH|COOKIE|BCRYPT|PASSWORD_MIN|MAX_SESSIONS|DEVICE|ACCESS_COOKIE|HASHING|GUESSES|LIMIT|CHALLENGE|AUDIT|RETURN|DATABASE_OWNER|GRAPHQL)_/
  return Object.keys(env)
    .filter(
      name =>
        ours.test(name) &&
        !(name in authSettings.shape || (name.endsWith('_FILE') && authSecretNames.includes(name.slice(0, -5)))) &&
        // of the services, which may share the .env
        !(name in keySetSettings),
    )
    .map(name => `${name} is not a setting: see docs/configuration.md for the names`)
}
