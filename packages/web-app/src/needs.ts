import type { Verifier } from '@auth-pair/access-token'
import type { OnProblem } from './problems.ts'
import type { RedisCommands } from './session-redis.ts'

/** How this app shows the auth-server who it is: as a service that holds the shared secret, or as a client with a secret of its own. */
export type AppCredentials =
  | { readonly service: string; readonly secret: string }
  | { readonly clientId: string; readonly clientSecret: string }

/** Something that went wrong beyond what the browser is told, for the log. It holds no token. */
export interface Trouble {
  readonly what: 'redis' | 'refresh' | 'sign-in' | 'sign-out'
  readonly cause: unknown
}

export interface BrowserSessionsNeeds {
  /** The app's own Redis. */
  readonly redis: RedisCommands
  /** Signs the session cookie, at least 32 bytes; of several, the first one signs and all are accepted. */
  readonly secret: string | readonly string[]
  /** The origin under which browsers reach this app, such as `https://app.example.com`. */
  readonly publicUrl: string
  /** The origin under which browsers reach the auth-server. */
  readonly authServerPublicUrl: string
  /** The origin under which this app reaches it; the public one when left out. */
  readonly authServerUrl?: string | undefined
  /** The auth-server's `JWT_ISSUER`; its public URL when left out. */
  readonly issuer?: string | undefined
  readonly credentials: AppCredentials
  /** Verifies access tokens. With the revocation feed, a sign-out elsewhere is felt here at once. */
  readonly verifier: Verifier
  /** How long a session lives that is not used, in seconds. */
  readonly idleS?: number | undefined
  /** How long a sign-in here lasts at most, in seconds. */
  readonly absoluteS?: number | undefined
  /** What the keys in Redis begin with. */
  readonly prefix?: string | undefined
  /** Answers what is wrong in place of this package. */
  readonly onProblem?: OnProblem | undefined
  /** Told of what goes wrong, for the log. */
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

/** The addresses that this package answers. */
export const paths = { signIn: '/sign-in', signedIn: '/signed-in', signOut: '/sign-out', home: '/' } as const

/** An origin, as it is compared. Throws for anything else: a path in it would look like a limit, and be none. */
export const originOf = (name: string, address: string): string => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw new TypeError(`${name}: write an origin, such as https://app.example.com, without a path.`)
  return url.origin
}

/** The secrets, or a TypeError that says what is wrong with them. */
export const secretsOf = (secret: string | readonly string[]): string[] => {
  const secrets = [secret].flat()
  if (secrets.length === 0 || secrets.some(each => Buffer.byteLength(each) < 32))
    throw new TypeError('secret: write at least 32 bytes, such as those of openssl rand -base64 48.')
  return secrets
}

/** A time to live. Throws for what is none: a session would end at once, or never. */
export const secondsOf = (name: string, seconds: number): number => {
  if (!(Number.isSafeInteger(seconds) && seconds > 0)) throw new TypeError(`${name}: write whole seconds, at least 1.`)
  return seconds
}
