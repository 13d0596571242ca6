import { versionOf } from './install.ts'

/** What the protected route of the pair is measured beside. */
export interface PeerKind {
  /** What it is called in tables. */
  readonly label: string
  /** The file of `bench/peers` that is it. */
  readonly program: string
  /** How a request says who sends it. */
  readonly credential: 'none' | 'token' | 'cookie'
  readonly settings?: Readonly<Record<string, string>>
  /** The packages that it is made of besides Express. */
  readonly packages: readonly string[]
}

export const peers = {
  http: { label: 'bare node:http', program: 'bare-http', credential: 'none', packages: [] },
  express: { label: 'bare Express', program: 'bare-express', credential: 'none', packages: [] },
  tutorial: {
    label: 'tutorial: jsonwebtoken, string secret',
    program: 'tutorial',
    credential: 'token',
    packages: ['jsonwebtoken'],
  },
  expressJwt: { label: 'express-jwt', program: 'express-jwt', credential: 'token', packages: ['express-jwt'] },
  oauth2: {
    label: 'express-oauth2-jwt-bearer',
    program: 'express-oauth2-jwt-bearer',
    credential: 'token',
    packages: ['express-oauth2-jwt-bearer'],
  },
  passport: {
    label: 'passport-jwt',
    program: 'passport-jwt',
    credential: 'token',
    packages: ['passport', 'passport-jwt'],
  },
  session: {
    label: 'express-session, Redis',
    program: 'express-session',
    credential: 'cookie',
    packages: ['express-session', 'connect-redis', 'redis'],
  },
  betterAuthCached: {
    label: 'Better Auth, cookie cache',
    program: 'better-auth',
    credential: 'cookie',
    settings: { COOKIE_CACHE: 'on' },
    packages: ['better-auth'],
  },
  betterAuth: {
    label: 'Better Auth, PostgreSQL',
    program: 'better-auth',
    credential: 'cookie',
    settings: { COOKIE_CACHE: 'off' },
    packages: ['better-auth', 'pg'],
  },
} as const satisfies Record<string, PeerKind>

export type PeerName = keyof typeof peers

/** `name version` of each package that the peers are made of. */
export const versionsOf = (kinds: readonly PeerKind[]): readonly string[] =>
  ['express', ...new Set(kinds.flatMap(({ packages }) => packages))].map(name => `${name} ${versionOf(name)}`)
