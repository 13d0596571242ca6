import {
  ConfigurationError,
  type Environment,
  isOrigin,
  isPublishedSecret,
  readSettings,
  type SettingNotes,
  secretNames,
  sharedSettings,
  tokenSettings,
  whole,
} from '@auth-pair/service'
import { z } from 'zod'

/** The settings of the test-server: what any verifying service needs. The texts are its documentation. */
export const testSettings = z.object({
  TEST_PORT: whole(0, 65535, 4000, 'The port that the test-server listens on; 0 takes a free one.'),
  PUBLIC_URL: z
    .string()
    .refine(isOrigin, 'has to be an origin such as https://login.example.com, without a path')
    .default('http://localhost:3000')
    .meta({
      default: 'http://localhost:3000',
      about:
        'How the outside reaches the auth-server: the preset of `JWT_ISSUER`, and with https published secrets are refused.',
    } satisfies SettingNotes),
  ...tokenSettings({
    issuer: 'the `PUBLIC_URL`',
    previous: 'The access-token secret before the present one. Tokens signed with it are accepted until it is removed.',
  }),
  ...sharedSettings,
})

export interface TestConfig {
  readonly port: number
  readonly https: boolean
  readonly accessToken: {
    readonly secret: string
    readonly previousSecret: string | undefined
    readonly issuer: string
    readonly audience: string
  }
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly logLevel: z.infer<typeof testSettings>['LOG_LEVEL']
}

export const testSecretNames = secretNames(testSettings)

/** The test-server's configuration out of an environment. Throws ConfigurationError with every complaint at once. */
export const readConfig = (env: Environment): TestConfig => {
  const settings = readSettings(testSettings, env)
  const { JWT_ACCESS_SECRET: secret, JWT_ACCESS_SECRET_PREVIOUS: previousSecret } = settings
  const https = settings.PUBLIC_URL.startsWith('https:')
  const published = Object.entries({ JWT_ACCESS_SECRET: secret, JWT_ACCESS_SECRET_PREVIOUS: previousSecret })
    .filter(([, value]) => value !== undefined && isPublishedSecret(value))
    .map(([name]) => `${name} is a published sample: use the one of the auth-server, made with openssl rand -base64 48`)
  if (https && published.length > 0) throw new ConfigurationError(published)
  return Object.freeze({
    port: settings.TEST_PORT,
    https,
    accessToken: {
      secret,
      previousSecret,
      issuer: settings.JWT_ISSUER ?? settings.PUBLIC_URL,
      audience: settings.JWT_AUDIENCE,
    },
    corsOrigins: settings.CORS_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    logLevel: settings.LOG_LEVEL,
  })
}
