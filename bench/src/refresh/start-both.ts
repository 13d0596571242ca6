import { randomBytes } from 'node:crypto'
import { freePort } from '@auth-pair/dev/free-port'
import { wideLimits } from '@auth-pair/dev/wide-limits'
import type { Needs } from '../scenario.ts'
import { type ServerProcess, startServer } from '../server-process.ts'

export interface Listening extends ServerProcess {
  readonly url: string
}

/** Starts the auth-server as it ships and the route that it is compared with, on the same Redis. */
export const startBoth = async ({ startRedis, startPostgres, atEnd }: Needs) => {
  const [redis, postgres] = [await startRedis(), await startPostgres()]
  const secret = randomBytes(48).toString('base64')
  const start = async (program: string, settings: (port: string) => Record<string, string>): Promise<Listening> => {
    const port = await freePort()
    const server = await startServer(program, settings(String(port)))
    atEnd(server.stop)
    const url = `http://127.0.0.1:${port}`
    await server.ready(url)
    return { ...server, url }
  }
  const get = await start('bench/src/refresh/one-redis-get.ts', port => ({ PORT: port, REDIS_URL: redis.url }))
  const auth = await start('auth-server/src/main.ts', port => ({
    AUTH_PORT: port,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
    REFRESH_TOKEN_SECRET: secret,
    COOKIE_SECURE: 'false',
    BCRYPT_COST: '4',
    ...wideLimits,
  }))
  return { get, auth, redisUrl: redis.url, secret }
}
