import { parseArgs } from 'node:util'
import { Problem } from '@auth-pair/service'
import type { AuthConfig } from '../src/config.ts'
import { createOperator, type Operator } from '../src/operator.ts'
import { exportEvents, isAuditQuery, listEvents } from './audit.ts'

const usage = `Usage:
  npm run accounts -- disable EMAIL       ends all sessions of the account, and lets nobody sign in
  npm run accounts -- enable EMAIL        lets it sign in again
  npm run accounts -- list [--json]       all accounts; with --json one object a line
  npm run sessions -- reapply [--since TIME]
                                          ends again in Redis what was revoked since TIME (such as
                                          2026-11-22T10:00:00Z), or ever: after a restored dump in a cluster
  npm run audit -- list [--account EMAIL] [--event NAME] [--since TIME] [--before NUMBER] [--json]
                                          what happened, the newest first, a page at a time
  npm run audit -- export [--since TIME]  all of it, the oldest first, one JSON object a line
`

type Command = (operator: Operator) => Promise<number>

/** Runs a command with the stores of a configuration. Resolves to the exit code. */
export const runCommand = async (args: readonly string[], readConfig: () => AuthConfig): Promise<number> => {
  const command = parse(args)
  if (!command) {
    process.stderr.write(usage)
    return 2
  }
  // whoever reads, such as `head`, may have had enough
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    process.exit(0)
  })
  const operator = createOperator(readConfig())
  try {
    await operator.postgresReady()
    return await command(operator)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    process.stderr.write(
      `Nothing was done, or not all of it: ${error.detail ?? 'a store does not answer.'} Run it again.\n`,
    )
    return 1
  } finally {
    await operator.close()
  }
}

/** The options that each command takes. */
const forms: Readonly<Record<string, readonly string[]>> = {
  'accounts list': ['json'],
  'accounts disable EMAIL': [],
  'accounts enable EMAIL': [],
  'sessions reapply': ['since'],
  'audit list': ['account', 'event', 'since', 'before', 'json'],
  'audit export': ['since'],
}

const parse = (args: readonly string[]): Command | undefined => {
  try {
    const text = { type: 'string' } as const
    const options = { json: { type: 'boolean' }, since: text, account: text, event: text, before: text } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [subject, verb, email = '', ...rest] = positionals
    const form = `${subject} ${verb}${email === '' ? '' : ' EMAIL'}`
    const since = values.since === undefined ? undefined : new Date(values.since)
    if (rest.length > 0 || Object.keys(values).some(name => !forms[form]?.includes(name))) return undefined
    if (Number.isNaN(since?.getTime()) || !isAuditQuery(values)) return undefined
    const commands: Record<string, Command> = {
      'accounts list': operator => list(operator, values.json ?? false),
      'accounts disable EMAIL': operator => disable(operator, email),
      'accounts enable EMAIL': operator => enable(operator, email),
      'sessions reapply': operator => reapply(operator, since),
      'audit list': operator => listEvents(operator, { ...values, since }),
      'audit export': operator => exportEvents(operator, since),
    }
    return commands[form]
  } catch {
    // an option that is none
    return undefined
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const noSuchAccount = (): number => {
  process.stderr.write('There is no account with this email.\n')
  return 1
}

const disable = async ({ accounts }: Operator, email: string): Promise<number> => {
  if (!(await accounts.disable(email))) return noSuchAccount()
  say('Disabled. Its sessions have ended, and its access tokens are refused within a second.')
  return 0
}

const enable = async ({ accounts }: Operator, email: string): Promise<number> => {
  if (!(await accounts.enable(email))) return noSuchAccount()
  say('Enabled. It can sign in again.')
  return 0
}

const list = async ({ accounts }: Operator, json: boolean): Promise<number> => {
  for await (const page of accounts.list()) {
    for (const { id, email, createdAt, disabledAt } of page) {
      const disabled = disabledAt === undefined ? null : disabledAt.toISOString()
      const since = disabled === null ? '' : `  disabled ${disabled}`
      say(
        json
          ? JSON.stringify({ id, email, createdAt, disabledAt: disabled })
          : `${id}  ${createdAt.toISOString()}  ${email}${since}`,
      )
    }
  }
  return 0
}

const reapply = async (operator: Operator, since: Date | undefined): Promise<number> => {
  await operator.redisReady()
  const entries = await operator.reapply(since, count => {
    if (process.stderr.isTTY) process.stderr.write(`\r${count} entries`)
  })
  say(`${process.stderr.isTTY ? '\n' : ''}${entries} revocations are in effect in Redis.`)
  return 0
}
