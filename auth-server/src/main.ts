import { runOrExplain, stopOnSignals } from '@auth-pair/service'
import { authSecretNames, readConfig, runAuthServer } from './run.ts'

await runOrExplain(process.env, authSecretNames, async env => {
  const { stop, migrated } = await runAuthServer(readConfig(env))
  stopOnSignals(stop)
  await migrated
})
