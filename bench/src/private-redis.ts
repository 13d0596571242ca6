import { spawnSync } from 'node:child_process'
import { hasRedisServer, startRedisServer } from '@auth-pair/dev/embedded-redis'
import type { Store } from './scenario.ts'

/** A redis-server of this run's own, in memory, on a free port of loopback. */
export const startPrivateRedis = async (): Promise<Store> => {
  if (!hasRedisServer())
    throw new Error('There is no redis-server on the PATH, and this scenario measures on a real one.')
  const version = /v=(\S+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout)?.[1]
  return { ...(await startRedisServer()), about: `private redis-server ${version}, in memory` }
}
