import { applyMigrations } from '@auth-pair/auth-server/migrate'
import { createLog } from '@auth-pair/service'
import { type Store, startPostgres } from './embedded-postgres.ts'
import { hasRedisServer, startRedisServer } from './embedded-redis.ts'

declare global {
  var embeddedStores: Store[]
}

/** The stores of a test run: those of the environment, or the embedded ones of `npm start`, in memory. */
export default async function setUp(): Promise<void> {
  globalThis.embeddedStores = []
  const about: string[] = []
  if (!process.env.TEST_DATABASE_URL) {
    const postgres = await startPostgres()
    globalThis.embeddedStores.push(postgres)
    process.env.TEST_DATABASE_URL = postgres.url
    process.env.TEST_DATABASE_PREPARE = 'false'
    about.push(postgres.about)
  } else about.push('PostgreSQL of TEST_DATABASE_URL')
  if (process.env.TEST_REDIS_URL) about.push('Redis of TEST_REDIS_URL')
  else if (process.env.EMBEDDED_REDIS !== 'memory' && hasRedisServer()) {
    const redis = await startRedisServer()
    globalThis.embeddedStores.push(redis)
    process.env.TEST_REDIS_URL = redis.url
    about.push(redis.about)
  } else about.push('embedded Redis in memory')
  process.stdout.write(`\nStores: ${about.join('; ')}\n`)
  await applyMigrations(process.env.TEST_DATABASE_URL, createLog({ name: 'test', level: 'warn' }))
}
