import { signingSettings, tokenSettings } from '@auth-pair/access-token/pair'
import { flag, oneOf, type SettingNotes, secret, sharedSettings, storeUrl, whole } from '@auth-pair/service'
import { z } from 'zod'
import { authorizationSettings } from './authorization/settings.ts'
import { clientSettings } from './callers/settings.ts'
import { challengeSettings } from './challenges/settings.ts'
import { graphqlSettings } from './graphql/settings.ts'
import { limitSettings } from './limits/settings.ts'
import { parseRedisUrl } from './redis-url.ts'

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
  ...signingSettings,
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
  ...clientSettings,
  ...authorizationSettings,
  ...graphqlSettings,
  ...sharedSettings,
})

export type AuthSettings = z.infer<typeof authSettings>
