import { runOrExplain, stopOnSignals } from '@auth-pair/service'
import { readConfig, runTestServer, testSecretNames } from './run.ts'

await runOrExplain(process.env, testSecretNames, async env => {
  const { stop } = await runTestServer(readConfig(env))
  stopOnSignals(stop)
})
