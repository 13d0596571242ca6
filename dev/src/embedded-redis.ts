import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Store } from './embedded-postgres.ts'
import { freePort } from './free-port.ts'

/** Whether a `redis-server` is on the PATH. */
export const hasRedisServer = (): boolean => spawnSync('redis-server', ['--version']).status === 0

/** A private Redis: a child process on a free port of loopback, with a password that only this process knows. */
export const startRedisServer = async (dir?: string): Promise<Store> => {
  const port = await freePort()
  const password = randomBytes(24).toString('base64url')
  const settings = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'maxmemory-policy noeviction',
    'save ""',
    ...(dir === undefined
      ? ['appendonly no']
      : ['appendonly yes', `dir ${JSON.stringify(dir)}`, `pidfile ${JSON.stringify(join(dir, pidFile))}`]),
  ]
  if (dir !== undefined) await stopOrphan(join(dir, pidFile))
  // the configuration goes in by standard input: arguments are there for everybody to see
  const child = spawn('redis-server', ['-'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(settings.join('\n'))
  await new Promise<void>((resolve, reject) => {
    let output = ''
    child.once('exit', code => reject(new Error(`redis-server ended with ${code}:\n${output}`)))
    child.stdout.on('data', chunk => {
      output = (output + chunk).slice(-4000)
      if (output.includes('Ready to accept connections')) resolve()
    })
  })
  child.removeAllListeners('exit')
  const stopChild = () => child.kill('SIGTERM')
  process.once('exit', stopChild)
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    about: dir === undefined ? 'private redis-server, in memory' : `private redis-server in ${dir}`,
    close: async () => {
      process.off('exit', stopChild)
      if (child.exitCode !== null || child.signalCode !== null) return
      stopChild()
      await once(child, 'exit')
    },
  }
}

const pidFile = 'redis.pid'

/** A Redis whose parent was killed goes on writing to its files; a second one on the same files would spoil them. */
const stopOrphan = async (file: string): Promise<void> => {
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  const isRedis = () =>
    spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.includes('redis-server')
  if (pid <= 0 || !isRedis()) return
  process.kill(pid, 'SIGTERM')
  while (isRedis()) await wait(50)
}
