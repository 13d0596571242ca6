import { parseArgs } from 'node:util'
import { Problem } from '@auth-pair/service'
import type { AuthConfig } from '../src/config.ts'
import { createOperator, type Operator } from '../src/operator.ts'

const usage = `Usage:
  npm run accounts -- disable EMAIL       ends all sessions of the account, and lets nobody sign in
  npm run accounts -- enable EMAIL        lets it sign in again
  npm run accounts -- list [--json]       all accounts; with --json one object a line
  npm run sessions -- reapply [--since TIME]
                                          ends again in Redis what was revoked since TIME (such as
                                          2026-11-22T10:00:00Z), or ever: after a restored dump in a cluster
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

const parse = (args: readonly string[]): Command | undefined => {
  try {
    const options = { json: { type: 'boolean' }, since: { type: 'string' } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const { json = false, since } = values
    const [subject, verb, email, ...rest] = positionals
    if (rest.length > 0) return undefined
    const form = `${subject} ${verb}${email === undefined ? '' : ' EMAIL'}`
    if (form === 'accounts list' && since === undefined) return operator => list(operator, json)
    if (form === 'sessions reapply' && !json) return sinceWhen(since, reapply)
    if (json || since !== undefined || email === undefined) return undefined
    if (form === 'accounts disable EMAIL') return operator => disable(operator, email)
    if (form === 'accounts enable EMAIL') return operator => enable(operator, email)
  } catch {
    // an option that is none
  }
  return undefined
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

type Reapply = (operator: Operator, since: Date | undefined) => Promise<number>

const sinceWhen = (since: string | undefined, command: Reapply): Command | undefined => {
  if (since === undefined) return operator => command(operator, undefined)
  const time = new Date(since)
  return Number.isNaN(time.getTime()) ? undefined : operator => command(operator, time)
}

const reapply: Reapply = async (operator, since) => {
  await operator.redisReady()
  const entries = await operator.reapply(since, count => {
    if (process.stderr.isTTY) process.stderr.write(`\r${count} entries`)
  })
  say(`${process.stderr.isTTY ? '\n' : ''}${entries} revocations are in effect in Redis.`)
  return 0
}
