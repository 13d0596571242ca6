import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { patientHashing, wideLimits } from '@auth-pair/dev/wide-limits'

export const root = join(__dirname, '..', '..')

const children = new Set<ChildProcess>()

/** Ends what a failed test left running. */
export const stopAll = async (): Promise<void> => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  children.clear()
}

export interface Running {
  readonly child: ChildProcess
  output(): string
  /** Sends the signal and resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts a program of the repository as a process of its own, without the settings of the test run. A `.env` still counts. */
export const start = (command: string, args: readonly string[], env: Record<string, string>): Running => {
  const { TEST_DATABASE_URL, TEST_REDIS_URL, TEST_DATABASE_PREPARE, ...inherited } = process.env
  const child = spawn(command, args, { cwd: root, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  child.stderr.on('data', chunk => {
    output += chunk
  })
  return {
    child,
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal)
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}

/** Resolves when the address answers 200. */
export const ready = async (url: string, running: Running, withinMs = 30_000): Promise<void> => {
  for (const began = performance.now(); performance.now() - began < withinMs; await wait(50)) {
    if (running.child.exitCode !== null) break
    const res = await fetch(url).catch(() => undefined)
    if (res?.status === 200) return
  }
  throw new Error(`${url} did not become ready:\n${running.output()}`)
}

/** The pair as `npm start` runs it (npm itself ends by the signal that it hands on, and so hides the exit code), on free ports and in a folder of its own. */
export const npmStart = async (
  settings: Record<string, string> = {},
  dataDir = mkdtempSync(join(tmpdir(), 'pair-')),
) => {
  const [authPort, testPort] = [await freePort(), await freePort()]
  const running = start(process.execPath, ['dev/bootstrap.mjs', 'dev/src/start.ts'], {
    DATA_DIR: dataDir,
    AUTH_PORT: String(authPort),
    TEST_PORT: String(testPort),
    BCRYPT_COST: '4',
    ...wideLimits,
    ...patientHashing,
    ...settings,
  })
  const authUrl = `http://localhost:${settings.AUTH_PORT ?? authPort}`
  const testUrl = `http://localhost:${testPort}`
  return { ...running, authUrl, testUrl, dataDir, untilReady: () => ready(`${authUrl}/health/ready`, running) }
}

/** Runs shell lines as a person would type them, with the addresses of this run. */
export const shell = (lines: string, { authUrl, testUrl }: { authUrl: string; testUrl: string }): string => {
  const script = lines.replaceAll('http://localhost:3000', authUrl).replaceAll('http://localhost:4000', testUrl)
  const cwd = mkdtempSync(join(tmpdir(), 'shell-'))
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${status}: ${stderr}`)
  return stdout
}
