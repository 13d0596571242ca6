import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface Run {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** What npm and Jest say by the environment of the run that this is part of. How the registry is reached stays. */
const ofThisRun =
  /^(npm_(?!config_(cache|registry|userconfig|globalconfig|cafile|proxy|https_proxy|noproxy)$).*|NODE_(ENV|OPTIONS))$/i

/** Runs a program that may print little, and gives what it printed to its standard output. Rejects with all of it when it fails. */
export const run = async ({ command, args, cwd, env = {} }: Run): Promise<string> => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofThisRun.test(name)))
  const child = spawn(command, args, { cwd, env: { ...inherited, ...env }, timeout: 30_000 })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${out}${err}`)
  return out
}
