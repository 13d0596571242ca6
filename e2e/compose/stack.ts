import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { wideLimits } from '@auth-pair/dev/wide-limits'

export const root = join(__dirname, '..', '..')

/** Runs a command to its end; throws with its output when it fails. */
export const run = (command: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`)
  return stdout.trim()
}

const succeeds = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** A program for Node that ends with 0 when it can connect to its two arguments. */
const connect = `
const [host, port] = process.argv.slice(1)
require('net').connect({ host, port, timeout: 3000 })
  .on('connect', () => process.exit(0)).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))`

/** `docker compose` where there is one, `docker-compose` otherwise. */
const command: readonly [string, ...string[]] = succeeds('docker', 'compose', 'version')
  ? ['docker', 'compose']
  : ['docker-compose']

/** A .env, which is env-example when it is left out, and the settings that differ from it. */
export interface StackNeeds {
  readonly base?: string
  readonly settings?: Readonly<Record<string, string>>
}

/** The containers of docker-compose.yml, under a name and on ports of their own. They are not started. */
export const prepareStack = async ({
  base = readFileSync(join(root, 'env-example'), 'utf8'),
  settings = {},
}: StackNeeds = {}) => {
  const project = `pair${randomBytes(4).toString('hex')}`
  const [authPort, testPort] = [await freePort(), await freePort()]
  const own: Record<string, string> = {
    AUTH_PORT: String(authPort),
    TEST_PORT: String(testPort),
    PUBLIC_URL: `http://localhost:${authPort}`,
    TEST_PUBLIC_URL: `http://localhost:${testPort}`,
    RETURN_ADDRESSES: `http://localhost:${testPort}/signed-in`,
    ...wideLimits,
    ...settings,
  }
  const lines = base.split('\n').filter(line => !((line.split('=', 1)[0] as string) in own))
  const envFile = join(mkdtempSync(join(tmpdir(), 'compose-')), '.env')
  writeFileSync(envFile, [...lines, ...Object.entries(own).map(setting => setting.join('='))].join('\n'))
  const commandLine = [...command, '--env-file', envFile, '-p', project] as const
  const compose = (...args: string[]) => {
    const [program, ...first] = commandLine
    return run(program, ...first, ...args)
  }

  const containerOf = (service: string): string => compose('ps', '-q', service)
  const inspect = (service: string, format: string): string =>
    run('docker', 'inspect', '-f', format, containerOf(service))
  return {
    project,
    envFile,
    compose,
    /** What stands for `docker compose` on a command line. */
    commandLine: commandLine.join(' '),
    authUrl: `http://localhost:${authPort}`,
    testUrl: `http://localhost:${testPort}`,
    containerOf,
    inspect,
    exec: (service: string, ...args: string[]) =>
      spawnSync('docker', ['exec', containerOf(service), ...args], { encoding: 'utf8' }),
    logs: (service: string): string => {
      const { stdout, stderr } = spawnSync('docker', ['logs', containerOf(service)], { encoding: 'utf8' })
      return stdout + stderr
    },
    /** Whether a connection can be made from inside a container. */
    reaches: (service: string, host: string, port: number): boolean =>
      succeeds('docker', 'exec', containerOf(service), 'node', '-e', connect, host, String(port)),
    down: () => compose('down', '-v', '--timeout', '20'),
  }
}

export type Stack = Awaited<ReturnType<typeof prepareStack>>

export const startStack = async (needs?: StackNeeds): Promise<Stack> => {
  const stack = await prepareStack(needs)
  stack.compose('up', '-d', '--build')
  return stack
}

/** Asks until the answer is as wanted; no answer at all counts as not yet. */
export const until = async (ask: () => Promise<boolean>, what: string, withinMs = 60_000): Promise<void> => {
  for (const began = performance.now(); performance.now() - began < withinMs; await wait(100)) {
    if (await ask().catch(() => false)) return
  }
  throw new Error(`${what}: not within ${withinMs} ms`)
}
