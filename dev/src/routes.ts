import { revocationsPath } from '@auth-pair/access-token'
import { createApp as createAuthApp } from '@auth-pair/auth-server/app'
import { readConfig as readAuthConfig } from '@auth-pair/auth-server/config'
import { createPostgres } from '@auth-pair/auth-server/postgres'
import { createLog, open, type Route } from '@auth-pair/service'
import { createApp as createTestApp } from '@auth-pair/test-server/app'
import { readConfig as readTestConfig } from '@auth-pair/test-server/config'
import { createMemoryRedis } from './memory-redis.ts'

interface ListedRoute extends Route {
  readonly server: 'auth' | 'test'
}

/** The route tables of both servers, as they are wired. Nothing is connected to. */
export const routesOfBothServers = async (): Promise<(Omit<ListedRoute, 'guard'> & { guard: string })[]> => {
  const secrets = {
    JWT_ACCESS_SECRET: 'to-list-the-routes-0123456789-abc',
    REFRESH_TOKEN_SECRET: 'to-list-the-routes-9876543210-xyz',
  }
  const log = createLog({ name: 'routes', level: 'silent' })
  const config = readAuthConfig({ ...secrets, DATABASE_URL: 'postgres://nowhere', REDIS_URL: 'redis://nowhere' })
  const postgres = createPostgres({ url: config.databaseUrl, prepare: false, log })
  const auth = await createAuthApp({ config, postgres, redis: createMemoryRedis(), log })
  const test = createTestApp({ config: readTestConfig(secrets), log })
  await auth.close()
  await postgres.close()
  const list = (server: 'auth' | 'test', routes: readonly Route[]) =>
    routes.map(route => ({ ...route, server, guard: guardOf(route) }))
  return [...list('auth', auth.routes), ...list('test', test.routes)]
}

const forCallers = ['/api/introspect', '/api/revoke', '/api/token']

const guardOf = ({ guard, path }: Route): string => {
  if (guard === open) return 'open'
  if (forCallers.includes(path)) return 'service or client'
  return path === revocationsPath ? 'verifier token' : 'access token'
}
