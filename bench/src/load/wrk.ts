import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Load, LoadResult } from './load.ts'

const run = promisify(execFile)

/** Whether wrk is on the PATH. It says its version with the exit code 1. */
export const hasWrk = (): boolean => spawnSync('wrk', ['--version']).error === undefined

/** Sends with one thread of wrk. */
export const sendWithWrk = async (load: Load): Promise<LoadResult> => {
  const { url, seconds, connections, headers = {} } = load
  const dir = mkdtempSync(join(tmpdir(), 'bench-wrk-'))
  try {
    const script = join(dir, 'requests.lua')
    writeFileSync(script, toLua(load))
    const { stdout } = await run('wrk', [
      ...['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script],
      ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
      url,
    ])
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk had errors:\n${stdout}`)
    return {
      requests: figure(stdout, /(\d+) requests in/),
      perSecond: figure(stdout, /Requests\/sec:\s+([\d.]+)/),
      p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s)\b/.exec(stdout)),
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const toLua = ({ method = 'GET', body, turns }: Load): string =>
  turns === undefined
    ? `wrk.method = '${method}'\nwrk.body = ${toLuaText(body)}\n`
    : `
wrk.body = ${toLuaText(body)}
local requests, i = {}, 0
function init()
  for value in io.lines(${JSON.stringify(turns.file)}) do
    wrk.headers[${JSON.stringify(turns.header)}] = value
    requests[#requests + 1] = wrk.format('${method}')
  end
end
function request()
  i = i % #requests + 1
  return requests[i]
end
`

/** JSON's escapes of what is printable are Lua's too, but for the slash, which JSON.stringify leaves alone. */
const toLuaText = (text: string | undefined): string => (text === undefined ? 'nil' : JSON.stringify(text))

const figure = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1])

const inMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }

const milliseconds = (match: RegExpExecArray | null): number =>
  Number(match?.[1]) * (inMs[match?.[2] ?? ''] ?? Number.NaN)
