/** `npm run doctor -- URL...`: looks at a running pair from outside, and says in words what is wrong. It knows the servers by HTTP alone. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOrExplain } from '@auth-pair/service'
import { findSettings } from './find-settings.ts'
import { readOptions, usage } from './options.ts'
import { readPassword } from './read-password.ts'
import { createReport } from './report.ts'
import { runDoctor } from './run-doctor.ts'

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(usage)
  process.exit(0)
}
const options = readOptions(args)
if (typeof options === 'string') {
  process.stderr.write(`${options}.\n\n${usage}`)
  process.exit(2)
}

const manifest: { version: string } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'),
)
const stopping = new AbortController()
const { signal } = stopping
// sessions are ended first; every step of that has its deadline, so a second signal changes nothing
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort())
// whoever reads, such as `head`, may have had enough
process.stdout.on('error', () => stopping.abort())

await runOrExplain(process.env, ['JWT_ACCESS_SECRET', 'DOCTOR_PASSWORD'], async env => {
  const { DOCTOR_PASSWORD } = env
  const { email, signUp } = options
  const given = async (from: string) => {
    const password = DOCTOR_PASSWORD || (await readPassword({ input: process.stdin, prompt: process.stderr, signal }))
    if (password !== undefined) return { email: from, password }
    process.stderr.write('There is no password: set DOCTOR_PASSWORD, or give it on standard input.\n')
    return process.exit(2)
  }
  const interrupted = () => process.exit(130)
  const account = signUp ? 'sign-up' : email === undefined ? undefined : await given(email).catch(interrupted)
  const report = createReport({ out: process.stdout, json: options.json })
  process.exitCode = await runDoctor({
    options,
    account,
    settings: findSettings(env, options.auth),
    ownVersion: manifest.version,
    signal,
    report,
  })
})
