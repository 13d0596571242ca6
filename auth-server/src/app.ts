import {
  createKey,
  createVerifier,
  createVerifierTokenCheck,
  requireAccessToken,
  requireVerifier,
} from '@auth-pair/access-token'
import { createSigner } from '@auth-pair/access-token/sign'
import { createService, healthRoutes, type Log, type Route } from '@auth-pair/service'
import type { Express } from 'express'
import { createAccounts, emailField, emailKey } from './accounts/index.ts'
import { challengeField, createChallenges } from './challenges/index.ts'
import type { AuthConfig } from './config.ts'
import { documentationRoutes } from './documentation/index.ts'
import { createLimits } from './limits/index.ts'
import { createPasswords, type Passwords, passwordComplaint } from './passwords/index.ts'
import type { Postgres } from './postgres.ts'
import { type RedisClient, redisReady } from './redis.ts'
import { createRevocations } from './revocations/index.ts'
import { createSessions } from './sessions/index.ts'
import { createCookies, signInRoutes } from './sign-in/index.ts'

export interface AppNeeds {
  readonly config: AuthConfig
  readonly postgres: Postgres
  readonly redis: RedisClient
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** The clock of what Redis keeps; that of Redis when left out. */
  readonly sessionNow?: () => number
}

/** Every request is answered within this, in milliseconds, even when a store hangs at each of its steps. */
const deadlineMs = 4500

export interface App {
  readonly app: Express
  readonly routes: readonly Route[]
  readonly passwords: Passwords
  /** Begins to read the record of revocations. */
  readonly start: () => void
  /** Not ready from here on. */
  readonly drain: () => void
  readonly close: () => Promise<void>
}

/** The auth-server, wired: the one place that knows every capability. */
export const createApp = (needs: AppNeeds): App => {
  const { config, postgres, redis, log, now = Date.now, sessionNow } = needs
  const { secret, previousSecret, issuer, audience, lifeS } = config.accessToken
  const cookies = createCookies(config.cookies)
  const record = createRevocations({
    postgres,
    redis,
    log,
    endInRedis: entries => sessions.endInRedis(entries),
    sessionLifeMs: config.sessions.lifeMs,
    verifiersOnly: requireVerifier(createVerifierTokenCheck({ secret, previousSecret, issuer, now })),
    now,
  })
  const verifier = createVerifier({ secret, previousSecret, issuer, audience, revocations: record.revocations, now })
  const signedIn = requireAccessToken(verifier, cookies.readAccess)

  const passwords = createPasswords({ cost: config.bcryptCost, hashing: config.hashing })
  const limits = createLimits({
    redis,
    policy: config.limits,
    secret: config.refreshTokenSecret,
    log,
    now: sessionNow,
  })
  const accounts = createAccounts({
    postgres,
    passwords,
    log,
    recordEnd: async (change, values, reason) => (await record.recordWith(change, values, reason)) !== undefined,
    signedIn,
  })
  const sessions = createSessions({
    redis,
    policy: config.sessions,
    secret: config.refreshTokenSecret,
    log,
    isRevoked: record.revocations.isRevoked,
    assertTrusted: record.assertSessionsTrusted,
    ended: record.ended,
    record: record.record,
    endEverywhere: accounts.beginEpoch,
    countRefresh: limits.countRefresh,
    signedIn,
    clearCookies: cookies.clear,
    now: sessionNow,
  })

  const challenges = createChallenges({
    policy: config.challenge,
    secret: config.refreshTokenSecret,
    redis,
    log,
    now,
  })

  let draining = false
  const ready = async () =>
    !draining && record.ready() && (await Promise.all([postgres.ready(), redisReady(redis)])).every(Boolean)

  const routes = [
    ...signInRoutes({
      assertRoomToHash: passwords.assertRoom,
      beginSignIn: ({ email, ...attempt }, wanted) =>
        limits.beginSignIn({ account: emailKey(email) ?? '', ...attempt }, wanted),
      beginSignUp: limits.beginSignUp,
      checkChallenge: challenges.check,
      challengeField,
      deviceToken: (email, former) => limits.deviceToken(emailKey(email) ?? '', former),
      createAccount: accounts.create,
      verifyCredentials: accounts.verify,
      openSession: sessions.open,
      refreshSession: sessions.refresh,
      endSession: sessions.end,
      discardSession: sessions.discard,
      hashPassword: passwords.hash,
      passwordComplaint: (password, email) =>
        passwordComplaint(password, { minLength: config.passwordMinLength, email }),
      emailField,
      signAccessToken: createSigner({ key: createKey(secret), issuer, audience }),
      accessTokenLifeS: lifeS,
      cookies,
      now,
    }),
    ...accounts.routes,
    ...sessions.routes,
    ...challenges.routes,
    ...record.routes,
    ...healthRoutes(ready),
    ...documentationRoutes({
      publicUrl: config.publicUrl,
      https: config.https,
      refreshCookie: config.cookies.refreshName,
      accessCookie: config.cookies.accessName,
      passwordMinLength: config.passwordMinLength,
    }),
  ]
  const app = createService({
    routes,
    log,
    publicOrigin: config.publicUrl,
    https: config.https,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    deadlineMs,
  })
  return {
    app,
    routes,
    start: record.start,
    passwords,
    drain: () => {
      draining = true
      record.drain()
    },
    close: async () => {
      await record.close()
      await passwords.close()
    },
  }
}
