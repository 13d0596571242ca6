import { isOrigin, isPublishedSecret, type SettingNotes, secret } from '@auth-pair/service'
import { z } from 'zod'
import { createSigningKey, type Key } from '../keys/key.ts'

const previous =
  'Another access-token secret: the one before the present one, or the one to come. Tokens signed with it are accepted ([rotation](guide-rotate-secrets.md)).'

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
  JWT_ACCESS_SECRET: secret(
    'Signs and verifies access tokens, and shows the auth-server that a service belongs to it. Every service that verifies holds it, and could sign. Where keys are used (`ACCESS_TOKEN_PRIVATE_KEY`, `ACCESS_TOKEN_JWKS_URL`) it only does the latter.',
  ),
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

/** A private key in PEM, of P-256 (ES256) or Ed25519 (EdDSA), or none. Its line breaks may be written as `\n`. */
const privateKey = (about: string) =>
  z
    .string()
    .transform((pem, context): Key => {
      try {
        return createSigningKey(pem.replaceAll('\\n', '\n'))
      } catch (error) {
        const wanted = 'has to be a private key in PEM, of P-256 or Ed25519: npm run keys -- new ES256 makes one'
        context.addIssue(`${wanted}. ${(error as Error).message}`)
        return z.NEVER
      }
    })
    .optional()
    .meta({ default: 'none', about, secret: true } satisfies SettingNotes)

/** The settings of the auth-server's own keys. */
export const signingSettings = {
  ACCESS_TOKEN_PRIVATE_KEY: privateKey(
    'Signs access tokens in place of the secret: a private key in PEM, of P-256 (ES256) or Ed25519 (EdDSA). Its public half is published at `/.well-known/jwks.json`, so no service that verifies can sign.',
  ),
  ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: privateKey(
    'Another such key: the one before the present one, or the one to come. Its tokens are accepted, and its public half is published ([rotation](guide-rotate-secrets.md)).',
  ),
}

/** The setting of a service that verifies with the auth-server's public keys. */
export const keySetSettings = {
  ACCESS_TOKEN_JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'has to be a URL such as http://auth-server:3000/.well-known/jwks.json' })
    .refine(value => !/^https?:\/\/[^/]*@/i.test(value), 'has to be a URL without user and password')
    .optional()
    .meta({
      default: 'none',
      about:
        "Where the auth-server publishes its public keys (`/.well-known/jwks.json`). With it the auth-server's keys are good here, and `JWT_ACCESS_SECRET` verifies no token; `JWT_ACCESS_SECRET_PREVIOUS` does, while one takes the place of the other.",
    } satisfies SettingNotes),
}

type TokenSettings = z.infer<z.ZodObject<typeof tokenSettings>>

/** The secrets that verify access tokens. Where keys are used, the present secret is none of them. */
export const verifyingSecrets = (settings: TokenSettings, usesKeys: boolean): string[] =>
  [usesKeys ? undefined : settings.JWT_ACCESS_SECRET, settings.JWT_ACCESS_SECRET_PREVIOUS].filter(
    value => value !== undefined,
  )

/** What no single one of these settings can tell. */
export const tokenSettingComplaints = (settings: TokenSettings, usesKeys: boolean): string[] => {
  const { JWT_ACCESS_SECRET: present, JWT_ACCESS_SECRET_PREVIOUS: before } = settings
  const complaints =
    before === present && !usesKeys ? ['JWT_ACCESS_SECRET_PREVIOUS has to differ from JWT_ACCESS_SECRET'] : []
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
