import { spawnSync } from 'node:child_process'
import { parseEnv } from 'node:util'
import { root } from './pair.ts'

export type Settings = Readonly<Record<string, string>>
/** What a step changes at one kind of server. `undefined` takes a setting away. */
export type Change = Readonly<Record<string, string | undefined>>

export interface PrintedStep {
  readonly authServers: Change
  readonly services: Change
}

/** `npm run keys`, as an operator runs it, with these settings alone. */
export const keys = (args: readonly string[], settings: Settings) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['dev/bootstrap.mjs', 'dev/src/operate.ts', 'keys', ...args],
    { cwd: root, env: { PATH: process.env.PATH ?? '', ...settings }, encoding: 'utf8' },
  )
  return { code: status, out: stdout, err: stderr }
}

/** The steps as they are printed, with the values of `settings` where a value is only named. */
export const readSteps = (printed: string, settings: Settings): PrintedStep[] =>
  printed
    .split(/^Step \d+: .*$/m)
    .slice(1)
    .map(step => ({
      authServers: changeAt(step, /^on every auth-server/, settings),
      services: changeAt(step, /^on every (auth-server and every )?verifying service/, settings),
    }))

/** The lines below the places in a step that are meant. */
const changeAt = (step: string, place: RegExp, settings: Settings): Change => {
  const blocks = step.split(/^ {2}(?=on every )/m).filter(block => place.test(block))
  const lines = blocks.flatMap(block => block.split('\n').flatMap(line => /^ {4}(\S.*)$/.exec(line)?.[1] ?? []))
  return Object.fromEntries(lines.map(line => readLine(line, settings)))
}

const readLine = (line: string, settings: Settings): [string, string | undefined] => {
  const removed = /^remove (\w+)$/.exec(line)
  if (removed) return [removed[1] as string, undefined]
  const [name, value] = Object.entries(parseEnv(line))[0] as [string, string]
  const kept = /^<the present value of (\w+), kid \S+>$/.exec(value)
  return [name, kept ? settings[kept[1] as string] : value]
}

/** Settings after a change. */
export const changed = (settings: Settings, change: Change): Settings =>
  Object.fromEntries(
    Object.entries({ ...settings, ...change }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
