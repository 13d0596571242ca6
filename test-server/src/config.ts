import { tokenSettingComplaints, tokenSettings } from '@auth-pair/access-token'
import {
  ConfigurationError,
  type Environment,
  type LogLevel,
  readSettings,
  secretNames,
  sharedSettings,
  whole,
} from '@auth-pair/service'
import { z } from 'zod'

/** The settings of the test-server: what any verifying service needs. The texts are its documentation. */
export const testSettings = z.object({
  TEST_PORT: whole(0, 65535, 4000, 'The port that the test-server listens on; 0 takes a free one.'),
  ...tokenSettings,
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
  readonly logLevel: LogLevel
}

export const testSecretNames = secretNames(testSettings)

/** The test-server's configuration out of an environment. Throws ConfigurationError with every complaint at once. */
export const readConfig = (env: Environment): TestConfig => {
  const settings = readSettings(testSettings, env)
  const { JWT_ACCESS_SECRET: secret, JWT_ACCESS_SECRET_PREVIOUS: previousSecret } = settings
  const https = settings.PUBLIC_URL.startsWith('https:')
  const complaints = tokenSettingComplaints(settings)
  if (complaints.length > 0) throw new ConfigurationError(complaints)
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
