import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'
import { logLevels } from './log.ts'
import { maxDrainS } from './run-service.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What the documentation says of a setting. */
export interface SettingNotes {
  /** As it stands in the documentation; `none` when it has to be given. */
  readonly default: string
  /** One sentence on what it does and what it trades off. */
  readonly about: string
  /** Its value is never shown, and it may come as `NAME_FILE`. */
  readonly secret?: boolean
}

/** A configuration that cannot be used: every complaint at once, none with the value of a secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly complaints: readonly string[]
  constructor(complaints: readonly string[]) {
    super(`The configuration cannot be used:\n${complaints.map(line => `  - ${line}`).join('\n')}`)
    this.complaints = complaints
  }
}

/** Reads the settings that `shape` names from an environment. An empty value counts as none. Throws ConfigurationError. */
export const readSettings = <Shape extends z.ZodRawShape>(shape: z.ZodObject<Shape>, env: Environment) => {
  const given = Object.fromEntries(
    Object.keys(shape.shape)
      .map(name => [name, env[name]?.trim()])
      .filter(([, value]) => value !== undefined && value !== ''),
  )
  const result = shape.safeParse(given)
  if (result.success) return result.data
  throw new ConfigurationError(
    result.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')} ${message}` : message)),
  )
}

/** Replaces `NAME_FILE` by `NAME` with the file's content, without its last line break. Throws ConfigurationError. */
export const readSecretFiles = (env: Environment, names: readonly string[]): Environment => {
  const complaints: string[] = []
  const read: Record<string, string> = {}
  for (const name of names) {
    const file = env[`${name}_FILE`]
    if (!file) continue
    if (env[name]) complaints.push(`${name} and ${name}_FILE are both set: choose one`)
    try {
      const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
      // a secret that was not filled in: going on without it could be going on less safely
      if (text.trim() === '') complaints.push(`${name}_FILE names an empty file`)
      read[name] = text
    } catch (error) {
      complaints.push(`${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  if (complaints.length > 0) throw new ConfigurationError(complaints)
  return { ...env, ...read }
}

/** The names of a schema's secrets. */
export const secretNames = (shape: z.ZodObject): string[] =>
  Object.keys(shape.shape).filter(name => (shape.shape[name] as z.ZodType).meta()?.secret === true)

/** A whole number between two bounds, both included. */
export const whole = (min: number, max: number, preset: number, about: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `has to be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine(value => value >= min && value <= max, `has to be a whole number from ${min} to ${max}`)
    .default(preset)
    .meta({ default: String(preset), about } satisfies SettingNotes)

export const oneOf = <const Value extends string>(values: readonly Value[], preset: Value, about: string) =>
  z
    .enum(values as readonly [Value, ...Value[]], `has to be one of ${values.join(', ')}`)
    .default(preset as never)
    .meta({ default: preset, about } satisfies SettingNotes)

export const flag = (preset: boolean, about: string) =>
  z
    .enum(['true', 'false'], 'has to be true or false')
    .transform(value => value === 'true')
    .default(preset)
    .meta({ default: String(preset), about } satisfies SettingNotes)

/** An http or https origin, such as `https://login.example.com`: no path, query or user. */
export const isOrigin = (value: string): boolean => {
  // the parser takes wildcards for letters of a name
  return URL.canParse(value) && /^https?:\/\/[a-z0-9.:[\]-]+$/.test(value) && new URL(value).origin === value
}

/** One such origin, or none. */
export const origin = (about: string) =>
  z
    .string()
    .refine(isOrigin, 'has to be an origin such as http://auth-server:3000, without a path')
    .optional()
    .meta({ default: 'none', about } satisfies SettingNotes)

export const origins = (about: string) =>
  list(isOrigin, 'has to be a comma-separated list of origins such as https://app.example.com, without a path', about)

/** Addresses and CIDR ranges, comma-separated. */
export const addresses = (about: string) =>
  list(isAddressOrRange, 'has to be a comma-separated list of addresses or ranges such as 10.0.0.0/8', about)

/** Texts that are each accepted, comma-separated. */
export const list = (accept: (item: string) => boolean, complaint: string, about: string) =>
  z
    .string()
    .transform(value => value.split(',').map(item => item.trim()))
    .refine(items => items.every(accept), complaint)
    .default([])
    .meta({ default: 'empty', about } satisfies SettingNotes)

const isAddressOrRange = (item: string): boolean => {
  const [address = '', bits, ...rest] = item.split('/')
  const width = isIP(address) === 4 ? 32 : 128
  // a range of everything would let any client choose its own address
  return (
    isIP(address) > 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d+$/.test(bits) && Number(bits) > 0 && Number(bits) <= width))
  )
}

/** A connection string with one of these protocols. Its password makes it a secret. */
export const storeUrl = (protocols: readonly string[], about: string) =>
  z
    .string(`is required: a URL that starts with ${protocols.join('// or ')}//`)
    .refine(
      value => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `has to be a URL that starts with ${protocols.join('// or ')}//`,
    )
    // clients compare the protocol as it is written, and `Rediss://` would quietly do without TLS
    .transform(value => new URL(value).href)
    .meta({ default: 'none', about, secret: true } satisfies SettingNotes)

/** The settings that both servers read in the same way. */
export const sharedSettings = {
  CORS_ORIGINS: origins(
    'Exact origins, comma-separated, whose pages may call the servers with credentials. Each one can act for the people who open it.',
  ),
  TRUSTED_PROXIES: addresses(
    'Addresses or ranges of proxies whose `X-Forwarded-For` is believed. A client inside such a range can invent its address.',
  ),
  DRAIN_S: whole(
    0,
    maxDrainS,
    0,
    'How long the servers go on serving after SIGTERM while they already say that they are not ready, in seconds: as long as the load balancer needs to notice. With 0 they stop accepting at once.',
  ),
  LOG_LEVEL: oneOf(
    logLevels,
    'info',
    'The least important lines that are written; `debug` says why each request was refused.',
  ),
}
