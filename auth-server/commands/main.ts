/**
 * Commands for operators, beside the running servers:
 *
 *   main.ts accounts disable EMAIL | enable EMAIL | list [--json]
 *   main.ts sessions reapply [--since TIME]
 *   main.ts audit list [--account EMAIL] [--event NAME] [--since TIME] [--before NUMBER] [--json] | export [--since TIME]
 */
import { runOrExplain } from '@auth-pair/service'
import { authSecretNames, readConfig } from '../src/run.ts'
import { runCommand } from './run-command.ts'

await runOrExplain(process.env, authSecretNames, async env => {
  process.exitCode = await runCommand(process.argv.slice(2), () => readConfig(env))
})
