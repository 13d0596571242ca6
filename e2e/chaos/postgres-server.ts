import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@auth-pair/dev/free-port'
import pg from 'pg'
import type { Child, Processes } from './processes.ts'
import { until } from './until.ts'

const debianFolder = '/usr/lib/postgresql'

/** The folder of the programs of PostgreSQL: the newest that Debian installed, or that of the PATH. */
export const findPostgres = (): string | undefined => {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map(version => join(debianFolder, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ]
  return folders.find(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** PostgreSQL does not run as root: as the user that the package made, then. */
const ordinaryUser = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

export interface PostgresServer {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** Resolves when it accepts connections. */
  start(): Promise<void>
  /** Everything of it at once, as when the machine runs out of memory. */
  kill(): Promise<void>
  /** Ends connections and stops in order. */
  stop(): Promise<void>
  pause(): void
  resume(): void
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
}

/** Makes an empty database to begin from: copying it is much faster than making one each time. */
export const makeTemplate = (dir: string): void => {
  const user = ordinaryUser()
  const dataDir = join(dir, 'template')
  mkdirSync(dataDir, { mode: 0o700 })
  if (user) chownSync(dataDir, user.uid, user.gid)
  const options = ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync']
  run(join(findPostgres() ?? '', 'initdb'), ['-D', dataDir, ...options], user)
}

const run = (command: string, args: readonly string[], user?: { uid: number; gid: number }): void => {
  const { status, stderr } = spawnSync(command, args, { ...user, cwd: '/', encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed:\n${stderr}`)
}

interface PostgresServerNeeds {
  readonly dir: string
  /** The folder that `makeTemplate` was given. */
  readonly template: string
  readonly processes: Processes
}

/** A private PostgreSQL in a folder. It does not run yet. */
export const createPostgresServer = async ({
  dir,
  template,
  processes,
}: PostgresServerNeeds): Promise<PostgresServer> => {
  const bin = findPostgres() ?? ''
  const user = ordinaryUser()
  const dataDir = join(dir, 'postgres')
  run('cp', ['-a', join(template, 'template'), dataDir])

  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let server: Child | undefined
  const query = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, application_name: 'chaos' })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<Row>(sql, values)).rows
    } finally {
      await client.end()
    }
  }
  const children = (): number[] => {
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(server?.pid ?? 0)], { encoding: 'utf8' })
    return stdout.split('\n').filter(Boolean).map(Number)
  }
  const signalChildren = (signal: NodeJS.Signals) => {
    for (const pid of children()) {
      try {
        process.kill(pid, signal)
      } catch {
        // it has just gone by itself
      }
    }
  }

  return {
    url,
    port,
    dataDir,
    query,
    start: async () => {
      server = processes.start({
        name: 'postgres',
        command: join(bin, 'postgres'),
        // a process that is killed loses nothing that the kernel has: there is no need to wait for a disk
        args: [
          '-D',
          dataDir,
          '-p',
          String(port),
          ...options({ listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' }),
        ],
        user,
        log: join(dir, 'postgres.log'),
      })
      await until(async () => (await query('select 1')).length === 1, 'PostgreSQL accepts connections')
    },
    kill: async () => {
      // the children would notice, and take a moment to go
      const orphans = children()
      const gone = server?.end('SIGKILL')
      for (const pid of orphans) process.kill(pid, 'SIGKILL')
      await gone
    },
    // fast shutdown
    stop: async () => void (await server?.end('SIGINT')),
    pause: () => {
      server?.signal('SIGSTOP')
      signalChildren('SIGSTOP')
    },
    resume: () => {
      signalChildren('SIGCONT')
      server?.signal('SIGCONT')
    },
  }
}

const options = (settings: Record<string, string>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])

/** The version, for the report. */
export const postgresVersion = (): string => {
  const bin = findPostgres()
  return bin === undefined
    ? 'none'
    : spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout.trim()
}
