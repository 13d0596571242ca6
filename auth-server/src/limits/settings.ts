import { type SettingNotes, whole } from '@auth-pair/service'
import { z } from 'zod'
import type { LimitPolicy } from './policy.ts'

const day = 86_400

/** `COUNT/SECONDS`, or `off`. */
const rate = (preset: string, about: string) =>
  z
    .string()
    .regex(
      /^(off|[1-9]\d{0,8}\/[1-9]\d{0,5})$/,
      'has to be a number and the seconds in which so many come back, such as 60/1800, or off',
    )
    .default(preset)
    .transform(value => {
      const [count, perS] = value.split('/').map(Number)
      return count === undefined || perS === undefined ? undefined : { count, perS }
    })
    .meta({ default: preset, about } satisfies SettingNotes)

/** The settings of the limits. */
export const limitSettings = {
  GUESSES_FREE: whole(
    1,
    1_000_000,
    10,
    'How many wrong passwords in a row an address, or a known device, may try at one account before it has to wait.',
  ),
  GUESSES_QUIET_S: whole(
    1,
    7 * day,
    900,
    'After how many seconds without a try they are free again (the wait comes on top).',
  ),
  GUESSES_WAIT_S: whole(1, day, 30, 'The first wait in seconds; each further wrong password doubles it.'),
  GUESSES_MAX_WAIT_S: whole(1, day, 3600, 'The longest wait in seconds.'),
  GUESSES_IN_A_ROW: whole(
    1,
    1_000_000,
    100,
    'How many wrong passwords in a row, from wherever, an account takes without a challenge. At most 100 are advised (NIST SP 800-63B-4). Known addresses and devices are counted each for itself.',
  ),
  LIMIT_SIGN_INS: rate(
    '60/1800',
    'Sign-ins of an address (IPv6: of its /64) that are wrong or under way: so many at once, and so many back within these seconds. Raise it for an office of thousands behind one address.',
  ),
  LIMIT_ALL_SIGN_INS: rate(
    '300/1800',
    'Sign-ins of an address for which a password is looked at, right ones too: nobody may keep all threads busy alone. Raise it where a service signs in for many people.',
  ),
  LIMIT_SIGN_UPS: rate('20/3600', 'Sign-ups of an address, in the same form.'),
  LIMIT_FREE_SIGN_UPS: rate('5/3600', 'Sign-ups of an address that need no challenge.'),
  LIMIT_REFRESHES: rate(
    '300/60',
    'Refreshes of one session at one server: stops a client that has gone mad, and nobody else.',
  ),
  LIMIT_FAILED_CALLERS: rate(
    '60/600',
    'Calls of an address to what is for services and clients (`/api/introspect`, `/api/revoke`) with wrong credentials or none, at one server. Right ones are never held up.',
  ),
}

export type LimitSettings = z.infer<z.ZodObject<typeof limitSettings>>

/** What no single one of these settings can tell. */
export const limitComplaints = (settings: LimitSettings): string[] =>
  settings.GUESSES_MAX_WAIT_S < settings.GUESSES_WAIT_S ? ['GUESSES_MAX_WAIT_S has to be at least GUESSES_WAIT_S'] : []

/** What an operator should know, though it is allowed. */
export const limitWarnings = (settings: LimitSettings): string[] =>
  [
    (!settings.LIMIT_SIGN_INS || !settings.LIMIT_SIGN_UPS) && 'LIMIT_SIGN_INS or LIMIT_SIGN_UPS is off: for tests only',
    settings.GUESSES_IN_A_ROW > 100 && 'GUESSES_IN_A_ROW is above 100: passwords can be guessed without a challenge',
  ].filter(warning => warning !== false)

export const limitPolicy = (settings: LimitSettings): LimitPolicy => ({
  guesses: {
    free: settings.GUESSES_FREE,
    quietMs: settings.GUESSES_QUIET_S * 1000,
    waitMs: settings.GUESSES_WAIT_S * 1000,
    maxWaitMs: settings.GUESSES_MAX_WAIT_S * 1000,
    inARow: settings.GUESSES_IN_A_ROW,
  },
  signInsOfAddress: settings.LIMIT_SIGN_INS,
  allSignInsOfAddress: settings.LIMIT_ALL_SIGN_INS,
  signUpsOfAddress: settings.LIMIT_SIGN_UPS,
  freeSignUpsOfAddress: settings.LIMIT_FREE_SIGN_UPS,
  refreshesOfSession: settings.LIMIT_REFRESHES,
  failedCallersOfAddress: settings.LIMIT_FAILED_CALLERS,
})
