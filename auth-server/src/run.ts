import { createLog, type RunningService, runService } from '@auth-pair/service'
import { createApp } from './app.ts'
import { type AuthConfig, authSecretNames, readConfig } from './config.ts'
import { createPostgres } from './postgres.ts'
import { createRedis, type RedisClient } from './redis.ts'

export { authSecretNames, readConfig }

/**
 * Runs the auth-server on its stores. It listens at once and answers that it is not ready until the stores are there;
 * `migrated` rejects when the migrations themselves are at fault. `redis` is for a store inside of this process.
 */
export const runAuthServer = async (
  config: AuthConfig,
  redis?: RedisClient,
): Promise<RunningService & { migrated: Promise<void> }> => {
  const log = createLog({ name: 'auth-server', level: config.logLevel })
  for (const warning of config.warnings) log.warn(warning)
  if (config.graphql) log.info(config.graphql, 'GraphQL is served')
  const { databaseUrl: url, databaseOwnerUrl: ownerUrl, databasePrepare: prepare } = config
  const postgres = createPostgres({ url, ownerUrl, prepare, log })
  const connection = redis ?? createRedis({ url: config.redisUrl, log })
  const needs = { config, postgres, redis: connection, log }
  const { app, passwords, start, drain, close: closeApp } = await createApp(needs)
  const close = async () => {
    await closeApp()
    connection.disconnect()
    await postgres.close()
  }
  try {
    const { port, https, drainMs } = config
    const service = await runService({ app, port, https, log, drainMs, draining: drain, close })
    // only a word to the operator, for which nothing waits
    passwords.start(log).catch(err => log.debug({ err }, 'no password was hashed'))
    const migrated = postgres.start()
    migrated.then(start, () => {})
    return { ...service, migrated }
  } catch (error) {
    await close()
    throw error
  }
}
