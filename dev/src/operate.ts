/** `npm run accounts`, `npm run sessions`, `npm run audit`: the operator's commands, by themselves on the stores of a running `npm start`. */

import { authSecretNames, readConfig } from '@auth-pair/auth-server'
import { runCommand } from '@auth-pair/auth-server/commands'
import { runOrExplain } from '@auth-pair/service'
import { readRunningStores } from './running-stores.ts'

await runOrExplain(process.env, authSecretNames, async env => {
  const complete = env.DATABASE_URL ? env : { ...readRunningStores(env.DATA_DIR || '.data'), ...env }
  process.exitCode = await runCommand(process.argv.slice(2), () => readConfig(complete))
})
