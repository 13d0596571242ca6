import { isOrigin, oneOf, type SettingNotes, whole } from '@auth-pair/service'
import { z } from 'zod'
import type { AltchaPolicy, ChallengePolicy, SiteverifyPolicy } from './policy.ts'
import { isProvider, providers } from './providers.ts'

const key = (about: string) =>
  z
    .string()
    .regex(/^[\w.-]{1,512}$/, 'has to be letters, digits, _, . and -')
    .optional()
    .meta({ default: 'none', about } satisfies SettingNotes)

const isHostname = (item: string): boolean => isOrigin(`https://${item}`) && new URL(`https://${item}`).port === ''

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

/** Over plain http the secret would be everybody's. */
const isVerifyUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
  return secure && url.username === '' && url.password === '' && url.hash === ''
}

const secretAbout = 'The secret key that Turnstile, hCaptcha or reCAPTCHA has given out.'

/** The settings of challenges, which the auth-server asks for before more sign-ups and sign-ins from where many came from. */
export const challengeSettings = {
  CHALLENGE_KIND: oneOf(
    ['none', 'altcha', 'turnstile', 'hcaptcha', 'recaptcha'],
    'altcha',
    'How people are told from bots (see [challenge](challenge.md)): `altcha` is proof of work and needs nobody else; the others ask a provider; `none` lets bots in.',
  ),
  CHALLENGE_SECRET: key(secretAbout).meta({ default: 'none', about: secretAbout, secret: true }),
  CHALLENGE_SITE_KEY: key('The public key that goes with `CHALLENGE_SECRET`, which front ends are told.'),
  CHALLENGE_VERIFY_URL: z
    .string()
    .refine(isVerifyUrl, 'has to be an https URL without user or fragment (http on loopback alone)')
    .optional()
    .meta({
      default: "the provider's own",
      about: 'Where tokens are checked, for providers that are hosted elsewhere.',
    } satisfies SettingNotes),
  CHALLENGE_HOSTNAMES: z
    .string()
    .transform(value => value.split(',').map(item => item.trim().toLowerCase()))
    .refine(items => items.every(isHostname), 'has to be a comma-separated list of host names, without ports')
    .optional()
    .meta({
      default: 'the host of `PUBLIC_URL`',
      about:
        "Hosts of the pages that show the provider's check, comma-separated. A token of any other page is refused.",
    } satisfies SettingNotes),
  CHALLENGE_OUTAGE: oneOf(
    ['refuse', 'allow'],
    'refuse',
    'What happens while the provider is away: `refuse` answers 503, `allow` lets everybody in who should have been checked.',
  ),
  CHALLENGE_LIFE_S: whole(
    30,
    1800,
    300,
    'How long a challenge may take, in seconds, and how old the check of a provider may be. Longer suits slow forms; shorter, that fewer solutions are kept in store.',
  ),
  CHALLENGE_WORK: whole(
    1,
    1_000_000,
    20_000,
    'The most tries that a challenge of `altcha` takes, of a thousand rounds of PBKDF2 each; half as many on the average. More costs bots more, and people with old telephones too.',
  ),
}

export type ChallengeSettings = z.infer<z.ZodObject<typeof challengeSettings>>

/** What no single one of these settings can tell. */
export const challengeComplaints = (settings: ChallengeSettings, https: boolean): string[] => {
  const { CHALLENGE_KIND: kind, CHALLENGE_SECRET: secret } = settings
  if (isProvider(kind)) {
    const missing = (['CHALLENGE_SECRET', 'CHALLENGE_SITE_KEY'] as const).filter(name => settings[name] === undefined)
    const passesAll = Object.values(providers).some(provider => provider.passesAll === secret)
    return [
      ...missing.map(name => `${name} is required when CHALLENGE_KIND is ${kind}`),
      ...(https && passesAll ? ['CHALLENGE_SECRET is the one for tests, with which every token is good'] : []),
    ]
  }
  // whoever gives a provider's key believes that the provider is asked
  const useless = (
    ['CHALLENGE_SECRET', 'CHALLENGE_SITE_KEY', 'CHALLENGE_VERIFY_URL', 'CHALLENGE_HOSTNAMES'] as const
  ).filter(name => settings[name] !== undefined)
  return useless.map(name => `${name} is for a provider, and CHALLENGE_KIND is ${kind}`)
}

/** The policy of settings that have no complaints. */
export const challengePolicy = (settings: ChallengeSettings, publicUrl: string): ChallengePolicy => {
  const { CHALLENGE_KIND: kind } = settings
  const lifeMs = settings.CHALLENGE_LIFE_S * 1000
  if (kind === 'none') return { kind }
  if (kind === 'altcha') return { kind, lifeMs, work: settings.CHALLENGE_WORK } satisfies AltchaPolicy
  return {
    kind,
    lifeMs,
    secret: settings.CHALLENGE_SECRET ?? '',
    siteKey: settings.CHALLENGE_SITE_KEY ?? '',
    verifyUrl: settings.CHALLENGE_VERIFY_URL ?? providers[kind].verifyUrl,
    hostnames: settings.CHALLENGE_HOSTNAMES ?? [new URL(publicUrl).hostname],
    outage: settings.CHALLENGE_OUTAGE,
  } satisfies SiteverifyPolicy
}
