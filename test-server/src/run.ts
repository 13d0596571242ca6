import { createLog, type RunningService, runService } from '@auth-pair/service'
import { createApp } from './app.ts'
import { readConfig, type TestConfig, testSecretNames } from './config.ts'
import { followRevocations } from './follow-revocations.ts'

export { readConfig, testSecretNames }

/** Runs the test-server. It waits for nobody: revocations come when the auth-server is there. */
export const runTestServer = async (config: TestConfig): Promise<RunningService> => {
  const log = createLog({ name: 'test-server', level: config.logLevel })
  const feed = followRevocations(config, log)
  const { app, drain } = createApp({ config, log, revocations: feed?.revocations })
  const { port, https, drainMs } = config
  const close = async () => feed?.stop()
  try {
    const service = await runService({ app, port, https, log, drainMs, draining: drain, close })
    feed?.start()
    return service
  } catch (error) {
    await close()
    throw error
  }
}
