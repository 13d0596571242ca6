import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@auth-pair/dev/free-port'
import type { Store } from './scenario.ts'

/**
 * A PostgreSQL of this run's own in a temporary folder, on a free port of loopback, with the settings it has by itself: what it
 * commits is on the disk. The one of TEST_DATABASE_URL is used instead when there is one, and left as it is.
 */
export const startPrivatePostgres = async (given = process.env.TEST_DATABASE_URL): Promise<Store> => {
  if (given) return { url: given, about: 'the PostgreSQL of TEST_DATABASE_URL', close: async () => {} }
  const bin = findPrograms()
  const owner = findOwner()
  const dir = mkdtempSync(join(tmpdir(), 'bench-postgres-'))
  const removeDir = () => rmSync(dir, { recursive: true, force: true })
  const port = await freePort()
  try {
    if (owner) chownSync(dir, owner.uid, owner.gid)
    const data = join(dir, 'data')
    run(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres'], owner)
    const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${dir}`, '-p', String(port)]
    const stop = await start(join(bin, 'postgres'), ['-D', data, ...settings], owner)
    const version = /\d[\d.]*/.exec(run(join(bin, 'postgres'), ['--version']))?.[0]
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      about: `private PostgreSQL ${version}`,
      close: async () => {
        await stop()
        removeDir()
      },
    }
  } catch (error) {
    removeDir()
    throw error
  }
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Who it runs as: it refuses to run as root. */
const findOwner = (): Owner | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const id = (which: string) => Number(run('id', [which, 'postgres']))
  return { uid: id('-u'), gid: id('-g') }
}

/** The newest one that Debian's packages installed, or that of the PATH. */
const findPrograms = (): string => {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const found = versions.map(version => join(debian, version, 'bin')).find(bin => existsSync(join(bin, 'initdb')))
  return found ?? run('pg_config', ['--bindir']).trim()
}

const run = (command: string, args: string[], owner?: Owner): string => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', cwd: '/', ...owner })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`)
  return stdout
}

/** Starts it, and resolves to what stops it as soon as it accepts connections. It never outlives this process' orderly end. */
const start = async (command: string, args: string[], owner?: Owner): Promise<() => Promise<void>> => {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', ...owner })
  await new Promise<void>((resolve, reject) => {
    let output = ''
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`PostgreSQL ended with ${code}:\n${output}`)))
    child.stderr.on('data', chunk => {
      output = (output + chunk).slice(-4000)
      if (output.includes('ready to accept connections')) resolve()
    })
  })
  child.removeAllListeners('exit')
  // SIGINT is its word for "end all sessions and stop"
  const stopChild = () => child.kill('SIGINT')
  process.once('exit', stopChild)
  return async () => {
    process.off('exit', stopChild)
    if (child.exitCode !== null || child.signalCode !== null) return
    stopChild()
    await once(child, 'exit')
  }
}
