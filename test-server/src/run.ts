import { createLog, type RunningService, runService } from '@auth-pair/service'
import type { RedisCommands } from '@auth-pair/web-app'
import { createApp } from './app.ts'
import { readConfig, type TestConfig, testSecretNames } from './config.ts'
import { followRevocations } from './follow-revocations.ts'
import { createSessionRedis } from './session-redis.ts'

export { readConfig, testSecretNames }

/**
 * Runs the test-server. It waits for nobody: revocations come when the auth-server is there, and pages when Redis is. `inMemory` takes the
 * place of that Redis.
 */
export const runTestServer = async (config: TestConfig, inMemory?: RedisCommands): Promise<RunningService> => {
  const log = createLog({ name: 'test-server', level: config.logLevel })
  const feed = followRevocations(config, log)
  const redis = config.pages && !inMemory ? createSessionRedis(config.pages.redisUrl, log) : undefined
  const { app, drain } = createApp({ config, log, revocations: feed?.revocations, sessionRedis: inMemory ?? redis })
  const { port, https, drainMs } = config
  const close = async () => {
    redis?.disconnect()
    await feed?.stop()
  }
  try {
    const service = await runService({ app, port, https, log, drainMs, draining: drain, close })
    feed?.start()
    return service
  } catch (error) {
    await close()
    throw error
  }
}
