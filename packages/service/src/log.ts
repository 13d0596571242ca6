import pino, { type DestinationStream, type Logger } from 'pino'
import { standardOutput } from './standard-output.ts'

export interface Log extends Logger {
  /**
   * Writes a line at level `info` of fields that are JSON already, such as `"status":200`, and of a message that needs no escaping.
   * It is the line that pino would write, at a fifth of the cost: for what every request does.
   */
  writeInfo(fields: string, message: string): void
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

interface LogNeeds {
  readonly name: string
  readonly level: LogLevel
  /** Where the lines go; standard output unless said otherwise. */
  readonly destination?: DestinationStream
}

/** Fields that a line must never have. Those of nested objects are not looked for: that costs as much as the line itself. */
const secrets = ['email', 'password', 'accessToken', 'refreshToken', 'token', 'cookie', 'authorization', 'set-cookie']

/**
 * The log: JSON, one object a line, to standard output. Lines are collected and written by the event loop's leave
 * (at the latest after a second), because a write per request costs more than the request.
 */
export const createLog = ({ name, level, destination = standardOutput(name) }: LogNeeds): Log => {
  const timestamp = isoTime()
  const log = pino(
    {
      name,
      level,
      base: { name },
      timestamp,
      formatters: { level: label => ({ level: label }) },
      redact: { paths: secrets.map(key => `["${key}"]`), remove: true },
      serializers: { err: describeError },
    },
    destination,
  )
  const bindings = `"name":${JSON.stringify(name)}`
  return Object.assign(log, {
    writeInfo: (fields: string, message: string): void => {
      if (!log.isLevelEnabled('info')) return
      destination.write(`{"level":"info"${timestamp()},${bindings},${fields},"msg":"${message}"}\n`)
    },
  })
}

/** The time as the log has it. It is written anew for each millisecond, not for each line: it costs as much as all else in a line. */
const isoTime = () => {
  let at = Number.NaN
  let text = ''
  return (): string => {
    const now = Date.now()
    if (now !== at) {
      at = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

/**
 * What a log line says of an error: its kind, message, stack and code, and the same of its causes. Nothing else, since
 * the errors of stores carry the values of the failed statement (PostgreSQL's `detail` holds the email of a conflict).
 */
export const describeError = (error: unknown): object => {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code } = error as { code?: unknown }
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}
