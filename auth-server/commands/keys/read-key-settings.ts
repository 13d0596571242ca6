import { keySetSettings, signingSettings, tokenSettingComplaints, tokenSettings } from '@auth-pair/access-token/pair'
import { createKey, type Key } from '@auth-pair/access-token/sign'
import { ConfigurationError, type Environment, origin, readSettings } from '@auth-pair/service'
import { z } from 'zod'
import { authSettings } from '../../src/settings.ts'

const shape = z.object({
  ...tokenSettings,
  ...signingSettings,
  ...keySetSettings,
  JWT_ACCESS_AGE_S: authSettings.shape.JWT_ACCESS_AGE_S,
  AUTH_SERVER_URL: origin(''),
})

/** A secret or private key that a setting names. */
export interface ConfiguredKey {
  readonly setting: keyof z.infer<typeof shape>
  readonly kid: string
  readonly algorithm: string
  readonly signs: boolean
  /** Whether tokens signed with it are good. */
  readonly accepted: boolean
  /** Whether the auth-server publishes its public half. */
  readonly published: boolean
  /** Whether it shows the auth-server that a service belongs to it. */
  readonly admitsServices: boolean
}

/** What a configuration says about keys: nothing in it is secret. */
export interface KeySettings {
  readonly keys: readonly ConfiguredKey[]
  /** Whether it can only be that of a verifying service. */
  readonly isService: boolean
  /** Where services find the key set. */
  readonly jwksUrl: string
  /** The longest that a token is good, in seconds. */
  readonly longestS: number
}

const leewayS = 5

/** Reads the settings of keys alone: no store has to be named. Throws ConfigurationError. */
export const readKeySettings = (env: Environment): KeySettings => {
  const settings = readSettings(shape, env)
  const { ACCESS_TOKEN_PRIVATE_KEY: signing, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: other } = settings
  const { JWT_ACCESS_SECRET: secret, JWT_ACCESS_SECRET_PREVIOUS: previous, ACCESS_TOKEN_JWKS_URL: jwksUrl } = settings
  const isService = jwksUrl !== undefined && !signing && !other
  const complaints = tokenSettingComplaints(settings, Boolean(signing ?? other ?? jwksUrl))
  if (signing && signing.id === other?.id)
    complaints.push('ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS has to differ from ACCESS_TOKEN_PRIVATE_KEY')
  if (complaints.length > 0) throw new ConfigurationError(complaints)

  const usesSecret = !signing && !isService
  const keys = [
    signing && describe('ACCESS_TOKEN_PRIVATE_KEY', signing, { signs: true, accepted: true, published: true }),
    other && describe('ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS', other, { accepted: true, published: true }),
    describe('JWT_ACCESS_SECRET', createKey(secret), {
      signs: usesSecret,
      accepted: usesSecret,
      admitsServices: true,
    }),
    previous !== undefined &&
      describe('JWT_ACCESS_SECRET_PREVIOUS', createKey(previous), { accepted: true, admitsServices: !isService }),
  ]
  return {
    keys: keys.filter(key => typeof key === 'object'),
    isService,
    jwksUrl: jwksUrl ?? keySetAddress(settings.AUTH_SERVER_URL ?? settings.PUBLIC_URL),
    longestS: settings.JWT_ACCESS_AGE_S + leewayS,
  }
}

/** Where an auth-server publishes its keys. An address that names a file already is taken as it is. */
export const keySetAddress = (url: string): string =>
  new URL(url).pathname === '/' ? new URL('/.well-known/jwks.json', url).href : url

const describe = (
  setting: ConfiguredKey['setting'],
  { id, algorithm }: Key,
  roles: Partial<ConfiguredKey>,
): ConfiguredKey => ({
  setting,
  kid: id,
  algorithm,
  signs: false,
  accepted: false,
  published: false,
  admitsServices: false,
  ...roles,
})
