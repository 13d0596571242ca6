/** `npm start`: the pair on embedded stores, in one process. What the environment brings along is used instead. */
import { join } from 'node:path'
import { authSecretNames, readConfig as readAuthConfig, runAuthServer } from '@auth-pair/auth-server'
import { ConfigurationError, type Environment, runOrExplain, stopOnSignals } from '@auth-pair/service'
import { readConfig as readTestConfig, runTestServer } from '@auth-pair/test-server'
import { type DataDir, DataDirInUse, openDataDir } from './data-dir.ts'
import { type Store, startPostgres } from './embedded-postgres.ts'
import { hasRedisServer, startRedisServer } from './embedded-redis.ts'
import { createMemoryRedis } from './memory-redis.ts'
import { announceStores } from './running-stores.ts'

const root = join(import.meta.dirname, '..', '..')
process.chdir(root)

// never connected to: it only satisfies the configuration
const memoryUrl = 'redis://in-memory'
const placeholders = {
  postgres: { url: 'postgres://embedded', about: '', close: async () => {} },
  redis: { url: memoryUrl, about: '', close: async () => {} },
}

await runOrExplain(process.env, authSecretNames, async env => {
  const data = openOrExplain(env.DATA_DIR || '.data')
  const release = (error: unknown) => {
    data.release()
    throw error
  }
  // what is wrong with the settings is said before any store is made
  await readConfigs(complete(env, data, placeholders)).catch(release)
  const stores = await startStores(env, data).catch(release)
  const settings = complete(env, data, stores)
  const takeBack = announceStores(data.path, settings)
  const closeAll = async () => {
    takeBack()
    for (const { close } of Object.values(stores)) await close()
    data.release()
  }
  try {
    const [authConfig] = await readConfigs(settings)
    const inMemory = stores.redis.url === memoryUrl ? createMemoryRedis() : undefined
    const auth = await runAuthServer(authConfig, inMemory)
    const authServerUrl = `http://127.0.0.1:${auth.port}`
    const testConfig = readTestConfig({ AUTH_SERVER_URL: authServerUrl, ...settings })
    const test = await runTestServer(testConfig, inMemory && createMemoryRedis()).catch(async error => {
      await auth.stop()
      throw error
    })
    stopOnSignals(async () => {
      await Promise.all([auth.stop(), test.stop()])
      await closeAll()
    })
    await auth.migrated
    print(auth.port, test.port, stores, authConfig.graphql !== undefined)
  } catch (error) {
    await closeAll()
    throw error
  }
})

interface Stores {
  readonly postgres: Store
  readonly redis: Store
}

async function startStores(env: Environment, data: DataDir): Promise<Stores> {
  const postgres = env.DATABASE_URL
    ? given(env.DATABASE_URL, 'PostgreSQL of DATABASE_URL')
    : await startPostgres(join(data.path, 'postgres'))
  if (env.REDIS_URL) return { postgres, redis: given(env.REDIS_URL, 'Redis of REDIS_URL') }
  if (env.EMBEDDED_REDIS !== 'memory' && hasRedisServer()) return { postgres, redis: await startRedisServer(data.path) }
  return { postgres, redis: given(memoryUrl, 'embedded Redis in memory: a restart ends the sessions') }
}

/** Both configurations, or the complaints about both. */
async function readConfigs(settings: Environment) {
  const [auth, test] = await Promise.allSettled([
    Promise.try(() => readAuthConfig(settings)),
    // where the auth-server will be is not known yet
    Promise.try(() => readTestConfig({ AUTH_SERVER_URL: 'http://127.0.0.1', ...settings })),
  ])
  const errors = [auth, test].flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const complaints = errors.flatMap(error => (error instanceof ConfigurationError ? error.complaints : []))
  if (complaints.length > 0) throw new ConfigurationError([...new Set(complaints)])
  if (auth.status === 'rejected' || test.status === 'rejected') throw errors[0]
  return [auth.value, test.value] as const
}

function given(url: string, about: string): Store {
  return { url, about, close: async () => {} }
}

/** The settings with what is missing filled in. */
function complete(env: Environment, data: DataDir, { postgres, redis }: Stores): Environment {
  const port = env.AUTH_PORT || '3000'
  return {
    COOKIE_SECURE: env.PUBLIC_URL?.startsWith('https:') ? 'true' : 'false',
    PUBLIC_URL: `http://localhost:${port}`,
    TEST_PUBLIC_URL: `http://localhost:${env.TEST_PORT || '4000'}`,
    // embedded, one Redis serves both; it may not, where the environment names several servers
    SESSION_REDIS_URL: /^rediss?:/.test(redis.url) ? redis.url : undefined,
    DATABASE_PREPARE: env.DATABASE_URL ? 'true' : 'false',
    // whoever builds a front end signs up again and again, from one address
    LIMIT_SIGN_UPS: '1000/3600',
    LIMIT_FREE_SIGN_UPS: '1000/3600',
    RETURN_ADDRESSES: `http://localhost:${env.TEST_PORT || '4000'}/signed-in`,
    GRAPHQL: env.PUBLIC_URL?.startsWith('https:') ? 'on' : 'development',
    ...data.secrets,
    ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')),
    DATABASE_URL: postgres.url,
    // embedded, there is one role
    DATABASE_OWNER_URL: env.DATABASE_URL ? env.DATABASE_OWNER_URL : undefined,
    REDIS_URL: redis.url,
  }
}

function openOrExplain(dir: string): DataDir {
  try {
    return openDataDir(dir)
  } catch (error) {
    if (!(error instanceof DataDirInUse)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

function print(authPort: number, testPort: number, { postgres, redis }: Stores, graphql: boolean): void {
  const short = (about: string) => about.replaceAll(`${root}/`, '')
  console.log(`
  auth-server   http://localhost:${authPort}       people sign in at http://localhost:${authPort}/sign-in
                ${graphql ? 'docs at /docs, GraphQL at /graphql' : 'docs at /docs'}
  test-server   http://localhost:${testPort}       a page to sign in at
  stores        ${short(postgres.about)}
                ${short(redis.about)}

  Try it:

  curl -i http://localhost:${authPort}/api/signup -H 'Content-Type: application/json' \\
    -d '{"email":"grace@example.com","password":"correct horse battery"}'
`)
}
