import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Load {
  readonly url: string
  readonly seconds: number
  /** Connections that are kept alive, with one request under way on each. */
  readonly connections: number
  readonly headers?: Readonly<Record<string, string>>
  /** A file in Lua that says what is sent; GET without one. */
  readonly script?: string
}

export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  readonly p99Ms: number
}

const run = promisify(execFile)

/** Sends requests as fast as they are answered, with wrk and one thread of it. Throws when one is answered otherwise than 2xx or 3xx. */
export const runWrk = async ({ url, seconds, connections, headers = {}, script }: Load): Promise<LoadResult> => {
  const { stdout } = await run('wrk', [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--latency'],
    ...(script === undefined ? [] : ['-s', script]),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    url,
  ])
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk had errors:\n${stdout}`)
  return {
    requests: figure(stdout, /(\d+) requests in/),
    perSecond: figure(stdout, /Requests\/sec:\s+([\d.]+)/),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s)\b/.exec(stdout)),
  }
}

const figure = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1])

const inMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }

const milliseconds = (match: RegExpExecArray | null): number =>
  Number(match?.[1]) * (inMs[match?.[2] ?? ''] ?? Number.NaN)
