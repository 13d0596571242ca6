/** `npm run accounts`, `npm run sessions`, `npm run audit`, `npm run keys`: the operator's commands, by themselves on the stores of a running `npm start`. */

import { authSecretNames, readConfig } from '@auth-pair/auth-server'
import { runCommand } from '@auth-pair/auth-server/commands'
import { runKeys } from '@auth-pair/auth-server/keys'
import { runOrExplain } from '@auth-pair/service'
import { findRunningStores, readRunningStores } from './running-stores.ts'

await runOrExplain(process.env, authSecretNames, async env => {
  const [subject, ...args] = process.argv.slice(2)
  const dir = env.DATA_DIR || '.data'
  if (subject === 'keys') {
    // no store is needed, and a new key can be made before anything runs
    process.exitCode = await runKeys(args, env.JWT_ACCESS_SECRET ? env : { ...env, ...findRunningStores(dir) })
    return
  }
  const complete = env.DATABASE_URL ? env : { ...readRunningStores(dir), ...env }
  process.exitCode = await runCommand(process.argv.slice(2), () => readConfig(complete))
})
