import { parseArgs } from 'node:util'
import { isOrigin } from '@auth-pair/service'
import { readTarget, type Target } from './targets.ts'

export const usage = `Usage: npm run doctor -- URL [URL...] [OPTION...]
  looks at a running pair from outside and says what is wrong. The first URL is that of the auth-server, as the outside
  reaches it; each further one is a service that verifies its tokens (http://localhost:4000 means its /api/restricted; with
  a path, the protected route itself).

  --email EMAIL      signs in as this user, by body and by cookie, and out again. The password is taken from
                     DOCTOR_PASSWORD, or asked for, or read as the first line of standard input
  --sign-up          makes an account to do so. It stays behind: there is no way to take it back
  --origin ORIGIN    a front end that has to be let in (CORS), such as https://app.example.com; may be repeated
  --json             one JSON object a line
  --help             this

  With JWT_ACCESS_SECRET in the environment or .env, or of an npm start on this machine, it also tries whether that secret
  opens the feed of revocations.
  Exit code: 0 nothing is wrong, 1 something is, 2 used wrongly, 130 interrupted.
`

export interface Options {
  readonly auth: Target
  readonly services: readonly Target[]
  readonly email: string | undefined
  readonly signUp: boolean
  readonly origins: readonly string[]
  readonly json: boolean
}

/** What the arguments ask for, or what is wrong with them. */
export const readOptions = (args: readonly string[]): Options | string => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const options = { email: text, 'sign-up': flag, origin: { ...text, multiple: true }, json: flag } as const
  const parsed = (() => {
    try {
      return parseArgs({ args: [...args], options, allowPositionals: true })
    } catch (error) {
      return (error as Error).message
    }
  })()
  if (typeof parsed === 'string') return parsed
  const { email, 'sign-up': signUp, origin: origins = [], json } = parsed.values
  const [first, ...others] = parsed.positionals
  if (first === undefined) return 'Which servers? Give at least the URL of the auth-server'
  const bad = origins.find(origin => !isOrigin(origin))
  if (bad !== undefined)
    return `${JSON.stringify(bad)} is not an origin such as https://app.example.com, without a path`
  if (email !== undefined && signUp)
    return '--email and --sign-up are one or the other: --sign-up makes up its own address'
  const auth = readTarget(first, 'auth')
  const services = others.map(url => readTarget(url, 'service'))
  const complaint = [auth, ...services].find(target => typeof target === 'string')
  if (complaint !== undefined) return complaint as string
  return { auth: auth as Target, services: services as Target[], email, signUp, origins, json }
}
