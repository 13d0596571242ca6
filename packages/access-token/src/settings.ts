import { isOrigin, isPublishedSecret, type SettingNotes, secret } from '@auth-pair/service'
import { z } from 'zod'

const previous =
  'The access-token secret before the present one. Tokens signed with it are accepted until it is removed.'

const name = z.string().max(256, 'has to be at most 256 characters')
const sameOnBothSides = 'Has to be exactly the same on both sides.'

/** The settings that say which access tokens are good: the same on the auth-server and on every verifying service. */
export const tokenSettings = {
  PUBLIC_URL: z
    .string()
    .refine(isOrigin, 'has to be an origin such as https://login.example.com, without a path')
    .default('http://localhost:3000')
    .meta({
      default: 'http://localhost:3000',
      about:
        'How the outside reaches the auth-server, and the preset of `JWT_ISSUER`. With https, cookies are `Secure` and prefixed, and published secrets are refused.',
    } satisfies SettingNotes),
  JWT_ACCESS_SECRET: secret('Signs and verifies access tokens. Every service that verifies holds it, and could sign.'),
  JWT_ACCESS_SECRET_PREVIOUS: secret(previous).optional().meta({ default: 'none', about: previous, secret: true }),
  // what is said of a setting belongs to the outermost schema
  JWT_ISSUER: name.optional().meta({
    default: 'the `PUBLIC_URL`',
    about: `The \`iss\` of access tokens. ${sameOnBothSides}`,
  } satisfies SettingNotes),
  JWT_AUDIENCE: name
    .default('auth-pair')
    .meta({ default: 'auth-pair', about: `The \`aud\` of access tokens. ${sameOnBothSides}` } satisfies SettingNotes),
}

type TokenSettings = z.infer<z.ZodObject<typeof tokenSettings>>

/** What no single one of these settings can tell. */
export const tokenSettingComplaints = (settings: TokenSettings): string[] => {
  const { JWT_ACCESS_SECRET: present, JWT_ACCESS_SECRET_PREVIOUS: before } = settings
  const complaints = before === present ? ['JWT_ACCESS_SECRET_PREVIOUS has to differ from JWT_ACCESS_SECRET'] : []
  return [
    ...complaints,
    ...publishedComplaints(settings.PUBLIC_URL, { JWT_ACCESS_SECRET: present, JWT_ACCESS_SECRET_PREVIOUS: before }),
  ]
}

/** Complaints about secrets that everybody can read, where the outside comes in by https. */
export const publishedComplaints = (
  publicUrl: string,
  secrets: Readonly<Record<string, string | undefined>>,
): string[] =>
  Object.entries(publicUrl.startsWith('https:') ? secrets : {})
    .filter(([, value]) => value !== undefined && isPublishedSecret(value))
    .map(([setting]) => `${setting} is a published sample: make one with openssl rand -base64 48`)
