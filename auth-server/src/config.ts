import { publishedComplaints, tokenSettingComplaints, tokenSettings } from '@auth-pair/access-token'
import {
  ConfigurationError,
  type Environment,
  flag,
  isPublishedSecret,
  type LogLevel,
  oneOf,
  readSettings,
  type SettingNotes,
  secret,
  secretNames,
  sharedSettings,
  storeUrl,
  whole,
} from '@auth-pair/service'
import { z } from 'zod'
import type { ChallengePolicy } from './challenges/policy.ts'
import { challengeComplaints, challengePolicy, challengeSettings } from './challenges/settings.ts'
import type { LimitPolicy } from './limits/index.ts'
import { limitComplaints, limitPolicy, limitSettings, limitWarnings } from './limits/settings.ts'
import type { HashingPolicy } from './passwords/index.ts'
import { parseRedisUrl } from './redis-url.ts'
import type { SessionPolicy } from './sessions/index.ts'
import type { CookiePolicy } from './sign-in/index.ts'

const day = 86_400
const postgresProtocols = ['postgres:', 'postgresql:'] as const

/** RFC 6265, section 4.1.1, less the prefixes, which this server adds by itself. */
const cookieName = (preset: string, about: string) =>
  z
    .string()
    .regex(/^(?!__)[A-Za-z0-9_-]{1,64}$/, 'has to be 1 to 64 letters, digits, - and _, not beginning with __')
    .default(preset)
    .meta({ default: preset, about } satisfies SettingNotes)

const redisUrl = (about: string) =>
  z
    .string('is required: a URL that starts with redis://, redis-sentinel:// or redis-cluster://')
    .superRefine((value, context) => {
      try {
        parseRedisUrl(value)
      } catch (error) {
        context.addIssue((error as Error).message)
      }
    })
    .transform(value => value.replace(/^[^:]+/, scheme => scheme.toLowerCase()))
    .meta({ default: 'none', about, secret: true } satisfies SettingNotes)

/** The settings of the auth-server. The texts are its documentation (`docs/configuration.md`). */
export const authSettings = z.object({
  AUTH_PORT: whole(0, 65535, 3000, 'The port that the auth-server listens on; 0 takes a free one.'),
  ...tokenSettings,
  DATABASE_URL: storeUrl(postgresProtocols, 'PostgreSQL 15 or later. `npm start` brings an embedded one.'),
  DATABASE_OWNER_URL: storeUrl(postgresProtocols, '')
    .optional()
    .meta({
      default: 'none',
      about:
        'The role that owns the tables, in the same database. Migrations run as it, and it gives the role of `DATABASE_URL`, made if it is missing, what the server needs and no more: nothing then lets the server change the record of what happened ([audit](audit.md)).',
      secret: true,
    } satisfies SettingNotes),
  DATABASE_PREPARE: flag(
    true,
    'Whether statements are prepared once a connection, which is faster. Turn it off behind a pooler that cannot keep them (PgBouncer before 1.21 in transaction mode).',
  ),
  REDIS_URL: redisUrl(
    'Redis 7 or later. `npm start` brings an embedded one. `redis-sentinel://host,host/?master=NAME` and `redis-cluster://host,host` survive the loss of a server; `rediss` in place of `redis` is TLS (see [operations](operations.md)).',
  ),
  JWT_ACCESS_AGE_S: whole(
    10,
    3600,
    300,
    'The life of an access token in seconds. Shorter means more refreshes; longer, that a stolen one serves longer.',
  ),
  REFRESH_TOKEN_SECRET: secret('Authenticates refresh tokens. Changing it ends every session.'),
  REFRESH_TOKEN_AGE_S: whole(60, 365 * day, 5 * day, 'A session ends when it has not been used for so many seconds.'),
  REFRESH_TOKEN_MAX_AGE_S: whole(
    60,
    365 * day,
    30 * day,
    'A session ends so many seconds after the sign-in, however much it is used.',
  ),
  REFRESH_GRACE_S: whole(
    0,
    60,
    30,
    'How long a turn of the refresh token settles. Longer forgives slower networks and more tabs; shorter finds a stolen token sooner. With 0 every use turns the token.',
  ),
  REFRESH_COOKIE_NAME: cookieName(
    'xid_refresh',
    'The name of the refresh-token cookie. With https it is prefixed with `__Secure-`.',
  ),
  ACCESS_COOKIE_NAME: cookieName(
    'xid_access',
    'The name of the access-token cookie. With https it is prefixed with `__Host-`.',
  ),
  DEVICE_COOKIE_NAME: cookieName(
    'xid_device',
    'The name of the cookie by which a browser is known at the next sign-in, so that guesses from elsewhere do not hold it up. With https it is prefixed with `__Secure-`.',
  ),
  COOKIE_SECURE: flag(true, 'Whether cookies are `Secure`. Only for development on plain http may it be `false`.'),
  COOKIE_SAMESITE: oneOf(
    ['lax', 'strict', 'none'],
    'lax',
    '`none` lets front ends on other sites sign in; it demands https.',
  ),
  BCRYPT_COST: whole(
    4,
    16,
    12,
    'The base-2 logarithm of the rounds of bcrypt. One more doubles the time of a sign-in, and of every guess at a stolen hash. At least 10 with https.',
  ),
  PASSWORD_MIN_LENGTH: whole(
    8,
    64,
    8,
    'The fewest characters of a new password. 15 is advised where there is no second factor (NIST SP 800-63B-4).',
  ),
  HASHING_THREADS: whole(
    0,
    256,
    0,
    'How many threads hash passwords, at the lowest priority; 0 for as many as there are cores.',
  ),
  HASHING_MAX_WAITING: whole(
    1,
    10_000,
    200,
    'How many sign-ins and sign-ups wait for a thread at most. Beyond it they are answered 503 `busy` at once.',
  ),
  HASHING_MAX_WAIT_MS: whole(
    100,
    4_000,
    2_000,
    'The longest that one may be expected to wait for a thread, in milliseconds. Longer rides out a rush; shorter says sooner that it will not work.',
  ),
  ...limitSettings,
  MAX_SESSIONS_PER_USER: whole(1, 100, 100, 'The most sessions of one user; the oldest makes room for a new one.'),
  ...challengeSettings,
  AUDIT_RETENTION_DAYS: whole(
    0,
    3650,
    365,
    'How many days what happened to accounts is kept; 0 is for ever. It holds addresses of the network: keep it no longer than you may.',
  ),
  ...sharedSettings,
})

export interface AuthConfig {
  readonly port: number
  readonly publicUrl: string
  readonly https: boolean
  readonly databaseUrl: string
  readonly databaseOwnerUrl: string | undefined
  readonly databasePrepare: boolean
  readonly redisUrl: string
  readonly accessToken: {
    readonly secret: string
    readonly previousSecret: string | undefined
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
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly drainMs: number
  readonly logLevel: LogLevel
  /** What an operator should know, though it is allowed. */
  readonly warnings: readonly string[]
}

export const authSecretNames = secretNames(authSettings)

/** The auth-server's configuration out of an environment. Throws ConfigurationError with every complaint at once. */
export const readConfig = (env: Environment): AuthConfig => {
  const complaints = misspelled(env)
  let settings: z.infer<typeof authSettings>
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
      secret: settings.JWT_ACCESS_SECRET,
      previousSecret: settings.JWT_ACCESS_SECRET_PREVIOUS,
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
    corsOrigins: settings.CORS_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    drainMs: settings.DRAIN_S * 1000,
    logLevel: settings.LOG_LEVEL,
    warnings: warnings(settings),
  })
}

type Settings = z.infer<typeof authSettings>

/** What no single setting can tell. */
const contradictions = (settings: Settings, https: boolean): string[] => {
  const { JWT_ACCESS_SECRET: access, JWT_ACCESS_SECRET_PREVIOUS: previous, REFRESH_TOKEN_SECRET: refresh } = settings
  const rules: [boolean, string][] = [
    [access === refresh, 'JWT_ACCESS_SECRET and REFRESH_TOKEN_SECRET have to differ: services hold the first one'],
    [
      previous !== undefined && previous === refresh,
      'JWT_ACCESS_SECRET_PREVIOUS and REFRESH_TOKEN_SECRET have to differ',
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
    ...tokenSettingComplaints(settings),
    ...publishedComplaints(settings.PUBLIC_URL, { REFRESH_TOKEN_SECRET: refresh }),
    ...challengeComplaints(settings, https),
    ...limitComplaints(settings),
    ...broken,
  ]
}

const warnings = (settings: Settings): string[] => [
  ...limitWarnings(settings),
  ...[
    settings.BCRYPT_COST < 10 && 'BCRYPT_COST is below 10: for development and tests only',
    settings.CHALLENGE_KIND === 'none' &&
      'CHALLENGE_KIND is none: bots may sign up, and guess at an account from everywhere',
    !settings.COOKIE_SECURE && 'COOKIE_SECURE is false: cookies also travel over plain http, for development only',
    isPublishedSecret(settings.JWT_ACCESS_SECRET) && 'JWT_ACCESS_SECRET is a published sample: for development only',
  ].filter(warning => warning !== false),
]

/** Names that begin like one of this server's own, but are none: most likely typing errors, which would silently do nothing. */
const misspelled = (env: Environment): string[] => {
  const ours =
    /^(JWT|REFRESH|COOKIE|BCRYPT|PASSWORD_MIN|MAX_SESSIONS|DEVICE|ACCESS_COOKIE|HASHING|GUESSES|LIMIT|CHALLENGE|AUDIT|DATABASE_OWNER)_/
  return Object.keys(env)
    .filter(
      name =>
        ours.test(name) &&
        !(name in authSettings.shape || (name.endsWith('_FILE') && authSecretNames.includes(name.slice(0, -5)))),
    )
    .map(name => `${name} is not a setting: see docs/configuration.md for the names`)
}
