/**
 * `npm run keys`: what signs access tokens, and how one takes the place of another. It prints, and no more: it writes no file, and
 * asks nobody but the address that it is given.
 */
import { type Environment, isOrigin } from '@auth-pair/service'
import { compare, writeList } from './list-keys.ts'
import { type FreshKey, type Kind, kinds, makeKey } from './make-key.ts'
import { NotNow, planRotation } from './plan-rotation.ts'
import { fetchPublishedKeys } from './published-keys.ts'
import { keySetAddress, readKeySettings } from './read-key-settings.ts'
import { writeRotation } from './write-rotation.ts'

const usage = `Usage:
  npm run keys -- new [HS256 | ES256 | EdDSA]
                                          a fresh secret (HS256, when left out) or private key, for a new pair
  npm run keys -- rotate [HS256 | ES256 | EdDSA]
                                          how a new one takes the place of the present one, in three steps;
                                          of the same kind, when left out
  npm run keys -- list [URL] [--json]     what this configuration signs with and accepts; with the address of
                                          an auth-server also what that one publishes: exit code 1 when it differs
`

/** Wrong use, in a sentence. */
class Misused extends Error {}

/** Runs a command with the settings of an environment. Resolves to the exit code. Throws ConfigurationError. */
export const runKeys = async (args: readonly string[], env: Environment): Promise<number> => {
  try {
    return await parse(args)(env)
  } catch (error) {
    if (error instanceof NotNow) return complain(1, error.message)
    if (error instanceof Misused) return complain(2, `${error.message}\n\n${usage.trimEnd()}`)
    throw error
  }
}

type Command = (env: Environment) => Promise<number> | number

const parse = (args: readonly string[]): Command => {
  if (args.includes('--help')) return () => say(usage)
  const [verb, what, ...rest] = args.filter(arg => arg !== '--json')
  const json = args.includes('--json')
  const unknown = [what, ...rest].find(arg => arg?.startsWith('-')) ?? (json && verb !== 'list' ? '--json' : undefined)
  if (unknown !== undefined) throw new Misused(`There is no option ${unknown} here.`)
  if (rest.length > 0) throw new Misused(`There is one word too many: ${rest[0]}.`)
  if (verb === 'new') return announce(readKind(what) ?? 'HS256')
  if (verb === 'rotate') return rotate(readKind(what))
  if (verb === 'list') return list(what === undefined ? undefined : readAddress(what), json)
  throw new Misused(verb === undefined ? 'Say what to do.' : `There is no ${verb}.`)
}

const readKind = (text: string | undefined): Kind | undefined => {
  const kind = kinds.find(known => known.toLowerCase() === text?.toLowerCase())
  if (text !== undefined && kind === undefined) throw new Misused(`${text} is none of ${kinds.join(', ')}.`)
  return kind
}

const readAddress = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Misused(
      `${text.includes('@') ? 'That' : text} is not the address of an auth-server, such as http://localhost:3000.`,
    )
  // it would be printed
  const { username, password } = new URL(text)
  if (username || password) throw new Misused('The address holds a user or a password: leave them out.')
  return keySetAddress(text)
}

const announce =
  (kind: Kind): Command =>
  env => {
    const origin = [env.AUTH_SERVER_URL, env.PUBLIC_URL].find(url => url && isOrigin(url)) ?? 'http://localhost:3000'
    const fresh = makeKey(kind)
    return say(fresh.kind === 'HS256' ? writeNewSecret(fresh) : writeNewKey(fresh, keySetAddress(origin)))
  }

const writeNewSecret = ({
  kid,
  line,
}: FreshKey): string => `A new secret for HS256, kid ${kid}. Whoever reads it can sign.

For a new pair (one that runs changes in three steps: npm run keys -- rotate HS256)

  on every auth-server and every verifying service
    JWT_ACCESS_SECRET=${line}
`

const writeNewKey = (
  { kind, kid, value, line }: FreshKey,
  jwksUrl: string,
): string => `A new private key for ${kind}, kid ${kid}. Whoever reads it can sign.

${value}
For a new pair (one that runs changes in three steps: npm run keys -- rotate ${kind})

  on every auth-server, as a line of .env; or the file above, named by ACCESS_TOKEN_PRIVATE_KEY_FILE
    ACCESS_TOKEN_PRIVATE_KEY=${line}

  on every verifying service
    ACCESS_TOKEN_JWKS_URL=${jwksUrl}

Both have a JWT_ACCESS_SECRET besides (npm run keys -- new HS256), by which services show the auth-server that they belong to it.
`

const rotate =
  (kind: Kind | undefined): Command =>
  env => {
    const settings = readKeySettings(env)
    const signing = settings.keys.find(key => key.signs)
    const present = kinds.find(known => known === signing?.algorithm) ?? 'HS256'
    return say(writeRotation(planRotation(settings, makeKey(kind ?? present))))
  }

const list =
  (url: string | undefined, json: boolean): Command =>
  async env => {
    const settings = readKeySettings(env)
    const published = url === undefined ? undefined : await fetchPublishedKeys(url).catch((error: Error) => error)
    if (published instanceof Error) return complain(1, published.message)
    const comparison = url !== undefined && published && { url, published, differences: compare(settings, published) }
    if (json) say(`${JSON.stringify({ keys: settings.keys, ...comparison })}\n`)
    else say(writeList(settings, comparison || undefined))
    return comparison && comparison.differences.length > 0 ? 1 : 0
  }

const say = (text: string): number => {
  process.stdout.write(text)
  return 0
}

const complain = (code: number, sentence: string): number => {
  process.stderr.write(`${sentence}\n`)
  return code
}
