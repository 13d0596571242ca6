import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { wideLimits } from '@auth-pair/dev/wide-limits'

const root = join(__dirname, '..', '..')

/** Runs a command to its end; throws with its output when it fails. */
export const run = (command: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`)
  return stdout.trim()
}

const succeeds = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** `docker compose` where there is one, `docker-compose` otherwise. */
const command: readonly [string, ...string[]] = succeeds('docker', 'compose', 'version')
  ? ['docker', 'compose']
  : ['docker-compose']

/** The stack of docker-compose.yml under a name and on ports of its own. */
export const startStack = async () => {
  const project = `pair${randomBytes(4).toString('hex')}`
  const [authPort, testPort] = [await freePort(), await freePort()]
  const example = readFileSync(join(root, 'env-example'), 'utf8')
    .replace(/^AUTH_PORT=.*/m, `AUTH_PORT=${authPort}`)
    .replace(/^TEST_PORT=.*/m, `TEST_PORT=${testPort}`)
    .replace(/^PUBLIC_URL=.*/m, `PUBLIC_URL=http://localhost:${authPort}`)
  const envFile = join(mkdtempSync(join(tmpdir(), 'compose-')), '.env')
  const limits = Object.entries(wideLimits).map(setting => setting.join('='))
  writeFileSync(envFile, [example, ...limits].join('\n'))
  const compose = (...args: string[]) => {
    const [program, ...first] = command
    return run(program, ...first, '--env-file', envFile, '-p', project, ...args)
  }
  compose('up', '-d', '--build')

  const containerOf = (service: string): string => compose('ps', '-q', service)
  const inspect = (service: string, format: string): string =>
    run('docker', 'inspect', '-f', format, containerOf(service))
  return {
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
    down: () => compose('down', '-v', '--timeout', '20'),
  }
}

export type Stack = Awaited<ReturnType<typeof startStack>>

/** Asks until the answer is as wanted; no answer at all counts as not yet. */
export const until = async (ask: () => Promise<boolean>, what: string, withinMs = 60_000): Promise<void> => {
  for (const began = performance.now(); performance.now() - began < withinMs; await wait(100)) {
    if (await ask().catch(() => false)) return
  }
  throw new Error(`${what}: not within ${withinMs} ms`)
}
