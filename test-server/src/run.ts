import { createLog, type RunningService, runService } from '@auth-pair/service'
import { createApp } from './app.ts'
import { readConfig, type TestConfig, testSecretNames } from './config.ts'

export { readConfig, testSecretNames }

/** Runs the test-server. It waits for nobody. */
export const runTestServer = async (config: TestConfig): Promise<RunningService> => {
  const log = createLog({ name: 'test-server', level: config.logLevel })
  const { app, drain } = createApp({ config, log })
  const { port, https } = config
  return runService({ app, port, https, log, draining: drain, close: async () => {} })
}
