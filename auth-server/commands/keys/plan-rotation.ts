import type { FreshKey } from './make-key.ts'
import type { ConfiguredKey, KeySettings } from './read-key-settings.ts'

/** A line of a server's settings. `undefined` takes the setting away. */
export interface Line {
  readonly setting: string
  readonly value: string | undefined
}

export interface Place {
  readonly who: 'auth-servers' | 'services' | 'all'
  readonly lines: readonly Line[]
}

export interface Step {
  readonly title: string
  readonly places: readonly Place[]
  /** What has to be true before the next step, or what is true after the last. */
  readonly next: string
}

export interface Rotation {
  readonly title: string
  readonly steps: readonly Step[]
}

/** Why there is nothing to plan, in a sentence. */
export class NotNow extends Error {}

/** The longest that the pair's verifiers use a key set before they fetch it anew. */
const keySetS = 300

/**
 * The steps from what is in force to a new key, at each of which any mixture of servers that have it and servers that have only the
 * step before understands itself. Throws NotNow.
 */
export const planRotation = (settings: KeySettings, fresh: FreshKey): Rotation => {
  assertPossible(settings)
  const keyInForce = find(settings, 'ACCESS_TOKEN_PRIVATE_KEY')
  const secret = find(settings, 'JWT_ACCESS_SECRET') as ConfiguredKey
  if (fresh.kind === 'HS256')
    return keyInForce ? replaceServiceSecret(secret, fresh) : toSecret(settings, secret, fresh)
  return keyInForce ? toNextKey(settings, keyInForce, fresh) : fromSecretToKey(settings, secret, fresh)
}

const find = ({ keys }: KeySettings, setting: string) => keys.find(key => key.setting === setting)

const assertPossible = (settings: KeySettings): void => {
  if (settings.isService)
    throw new NotNow(
      'This is the configuration of a verifying service (ACCESS_TOKEN_JWKS_URL, and no private key): rotate with that of the auth-server.',
    )
  const other = settings.keys.find(({ setting }) => setting.endsWith('_PREVIOUS'))
  if (other)
    throw new NotNow(
      `A rotation is under way: ${other.setting} is set (kid ${other.kid}). Finish it first: its third step takes this setting away. When it was stopped half-way, docs/guide-rotate-secrets.md has what to do (A rotation stopped half-way).`,
    )
}

const line = (setting: string, value?: string): Line => ({ setting, value })
/** A value that is in force already is named, and not shown. */
const kept = ({ setting, kid }: ConfiguredKey): string => `<the present value of ${setting}, kid ${kid}>`
const untilArrived = 'Go on when every one of them has been restarted.'
const untilAskedAgain =
  'Go on 10 s after the last of them was restarted: services ask for keys that they do not know once in 5 s at most.'
const untilExpired = ({ longestS }: KeySettings): string =>
  `Go on ${longestS} s after the last of them was restarted: then no token of the old one is good any more (JWT_ACCESS_AGE_S, and 5 s of leeway).`

const toSecret = (settings: KeySettings, present: ConfiguredKey, { kid, line: fresh }: FreshKey): Rotation => ({
  title: `From the secret ${present.kid} to the secret ${kid} (HS256)`,
  steps: [
    {
      title: 'everybody accepts the new secret',
      places: [{ who: 'all', lines: [line('JWT_ACCESS_SECRET_PREVIOUS', fresh)] }],
      next: untilArrived,
    },
    {
      title: 'the new secret signs',
      places: [
        {
          who: 'all',
          lines: [line('JWT_ACCESS_SECRET', fresh), line('JWT_ACCESS_SECRET_PREVIOUS', kept(present))],
        },
      ],
      next: untilExpired(settings),
    },
    {
      title: 'nobody accepts the old secret',
      places: [{ who: 'all', lines: [line('JWT_ACCESS_SECRET_PREVIOUS')] }],
      next: 'The old secret opens nothing any more.',
    },
  ],
})

const fromSecretToKey = (settings: KeySettings, present: ConfiguredKey, fresh: FreshKey): Rotation => ({
  title: `From the secret ${present.kid} (HS256) to the key ${fresh.kid} (${fresh.kind})`,
  steps: [
    {
      title: 'everybody accepts the key',
      places: [
        { who: 'auth-servers', lines: [line('ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS', fresh.line)] },
        {
          who: 'services',
          lines: [line('ACCESS_TOKEN_JWKS_URL', settings.jwksUrl), line('JWT_ACCESS_SECRET_PREVIOUS', kept(present))],
        },
      ],
      next: untilAskedAgain,
    },
    {
      title: 'the key signs',
      places: [
        {
          who: 'auth-servers',
          lines: [
            line('ACCESS_TOKEN_PRIVATE_KEY', fresh.line),
            line('ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS'),
            line('JWT_ACCESS_SECRET_PREVIOUS', kept(present)),
          ],
        },
      ],
      next: untilExpired(settings),
    },
    {
      title: 'nobody accepts the secret',
      places: [{ who: 'all', lines: [line('JWT_ACCESS_SECRET_PREVIOUS')] }],
      next: 'No service can sign any more. JWT_ACCESS_SECRET stays: it shows the auth-server that a service belongs to it.',
    },
  ],
})

const toNextKey = (settings: KeySettings, present: ConfiguredKey, fresh: FreshKey): Rotation => ({
  title: `From the key ${present.kid} (${present.algorithm}) to the key ${fresh.kid} (${fresh.kind})`,
  steps: [
    {
      title: 'the new key is published and accepted',
      places: [{ who: 'auth-servers', lines: [line('ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS', fresh.line)] }],
      next: `Go on ${keySetS} s after the last of them was restarted: by then services have fetched the key set anew. Others may keep it for longer: ask who runs them.`,
    },
    {
      title: 'the new key signs',
      places: [
        {
          who: 'auth-servers',
          lines: [
            line('ACCESS_TOKEN_PRIVATE_KEY', fresh.line),
            line('ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS', kept(present)),
          ],
        },
      ],
      next: untilExpired(settings),
    },
    {
      title: 'the old key is taken back',
      places: [{ who: 'auth-servers', lines: [line('ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS')] }],
      next: `Services forget the old key when they next fetch the key set, within ${keySetS} s or at their next start.`,
    },
  ],
})

const replaceServiceSecret = (present: ConfiguredKey, { kid, line: fresh }: FreshKey): Rotation => ({
  title: `Tokens are signed with a key here, and going back to a secret is not offered: every service could sign again.
This replaces JWT_ACCESS_SECRET, by which services show the auth-server that they belong to it: ${present.kid} by ${kid}`,
  steps: [
    {
      title: 'the auth-servers let in services with either secret',
      places: [
        {
          who: 'auth-servers',
          lines: [line('JWT_ACCESS_SECRET', fresh), line('JWT_ACCESS_SECRET_PREVIOUS', kept(present))],
        },
      ],
      next: `${untilArrived} Until the third step the auth-servers (no service) also accept access tokens signed with the old secret. If it has leaked, leave JWT_ACCESS_SECRET_PREVIOUS out: services then are not told of revocations until their second step.`,
    },
    {
      title: 'services use the new secret',
      places: [{ who: 'services', lines: [line('JWT_ACCESS_SECRET', fresh)] }],
      next: untilArrived,
    },
    {
      title: 'the old secret is refused',
      places: [{ who: 'auth-servers', lines: [line('JWT_ACCESS_SECRET_PREVIOUS')] }],
      next: 'The old secret opens nothing any more.',
    },
  ],
})
