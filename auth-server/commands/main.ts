/**
 * Commands for operators, beside the running servers:
 *
 *   main.ts accounts disable EMAIL | enable EMAIL | list [--json]
 *   main.ts sessions reapply [--since TIME]
 *   main.ts audit list [--account EMAIL] [--event NAME] [--since TIME] [--before NUMBER] [--json] | export [--since TIME]
 *   main.ts keys new [KIND] | rotate [KIND] | list [URL] [--json]
 */
import { runOrExplain } from '@auth-pair/service'
import { authSecretNames, readConfig } from '../src/run.ts'
import { runKeys } from './keys/index.ts'
import { runCommand } from './run-command.ts'

await runOrExplain(process.env, authSecretNames, async env => {
  const [subject, ...args] = process.argv.slice(2)
  process.exitCode =
    subject === 'keys' ? await runKeys(args, env) : await runCommand(process.argv.slice(2), () => readConfig(env))
})
