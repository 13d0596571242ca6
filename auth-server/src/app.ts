import { authenticate, createVerifier } from '@auth-pair/access-token'
import {
  bearerClaims,
  createSessionId,
  createVerifierTokenCheck,
  epochOf,
  requireVerifier,
  signedInOnly,
} from '@auth-pair/access-token/pair'
import { createSigner } from '@auth-pair/access-token/sign'
import { createService, healthRoutes, type Log, Problem, type Route } from '@auth-pair/service'
import type { Express } from 'express'
import { createAccounts, emailField, emailKey, shownUser } from './accounts/index.ts'
import { createApiTokens } from './api-tokens/index.ts'
import { auditInsert, createAudit, createRefusalNotes } from './audit/index.ts'
import { authorizationRoutes } from './authorization/index.ts'
import { createCallersOnly } from './callers/index.ts'
import { challengeField, createChallenges } from './challenges/index.ts'
import { cameFrom } from './circumstances.ts'
import type { AuthConfig } from './config.ts'
import { documentationRoutes } from './documentation/index.ts'
import { introspectionRoutes } from './introspection/index.ts'
import { keySetRoute } from './key-set/index.ts'
import { createLimits, TooMany } from './limits/index.ts'
import { createPages } from './pages/index.ts'
import { createPasswords, type Passwords, passwordComplaint } from './passwords/index.ts'
import type { Postgres } from './postgres.ts'
import { type RedisClient, redisReady } from './redis.ts'
import { createRevocations } from './revocations/index.ts'
import { createSessions, deviceOf } from './sessions/index.ts'
import { createCookies, createGiveTokens, createRefreshByCookie, createSignIn } from './sign-in/index.ts'

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
export const createApp = async (needs: AppNeeds): Promise<App> => {
  const { config, postgres, redis, log, now = Date.now, sessionNow } = needs
  const { key, secrets, privateKeys, serviceSecrets, issuer, audience, lifeS } = config.accessToken
  const cookies = createCookies(config.cookies)
  const from = cameFrom(deviceOf)
  const checkVerifierToken = createVerifierTokenCheck({ secrets: serviceSecrets, issuer, now })
  const record = createRevocations({
    postgres,
    auditInsert,
    redis,
    log,
    endInRedis: entries => sessions.endInRedis(entries),
    sessionLifeMs: config.sessions.lifeMs,
    verifiersOnly: requireVerifier(checkVerifierToken),
    now,
  })
  const verifier = createVerifier({
    secrets,
    publicKeys: privateKeys.map(({ key }) => key),
    issuer,
    audience,
    revocations: record.revocations,
    now,
  })
  const signedIn = signedInOnly(verifier, cookies.readAccess)

  const audit = createAudit({
    postgres,
    log,
    secret: config.refreshTokenSecret,
    emailKey,
    retentionDays: config.auditRetentionDays,
    signedIn,
    now,
  })
  const { noted, notedLater } = createRefusalNotes(audit.note, reasonOfRefusal)
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
    recordEnd: async (...end) => (await record.recordWith(...end))?.before,
    auditInsert,
    noteFailure: failure => audit.note({ event: 'sign-in-failed', ...failure }),
    signedIn,
  })
  const sessions = createSessions({
    redis,
    policy: config.sessions,
    secret: config.refreshTokenSecret,
    allowsFixed: config.graphql?.login ?? false,
    log,
    isRevoked: record.revocations.isRevoked,
    assertTrusted: record.assertSessionsTrusted,
    ended: record.ended,
    record: record.record,
    endEverywhere: accounts.beginEpoch,
    countRefresh: session => noted(session, () => limits.countRefresh(session.sessionId)),
    cameFrom: from,
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

  const apiTokens = createApiTokens({
    postgres,
    auditInsert,
    log,
    openedAt: sessions.openedAt,
    recordEndedBy: record.recordEndedBy,
    signedIn,
    cameFrom: from,
    sessionNow: sessionNow ?? now,
    now,
  })
  const callersOnly = createCallersOnly({
    clients: config.clients,
    checkVerifierToken,
    countFailure: req => noted({ from: from(req) }, () => limits.countFailedCaller(req.ip)),
  })
  const signing = { signAccessToken: createSigner({ key, issuer, audience }), accessTokenLifeS: lifeS, cookies, now }
  const giveTokens = createGiveTokens(signing)

  const refreshByCookie = createRefreshByCookie(
    { refreshSession: sessions.refresh, cookies, cameFrom: from },
    giveTokens,
  )
  const signIn = createSignIn({
    assertRoomToHash: passwords.assertRoom,
    assertAddressMayTry: (ip, from) => noted({ from }, () => limits.assertAddressMayTry(ip)),
    beginSignIn: (attempt, wanted) =>
      notedLater(attempt, limits.beginSignIn({ account: emailKey(attempt.email) ?? '', ...attempt }, wanted)),
    beginSignUp: attempt => notedLater(attempt, limits.beginSignUp(attempt)),
    checkChallenge: challenges.check,
    challengeField,
    deviceToken: (email, former) => limits.deviceToken(emailKey(email) ?? '', former),
    createAccount: accounts.create,
    verifyCredentials: accounts.verify,
    assertSessionsReachable: sessions.assertReachable,
    openSession: sessions.open,
    recordSignIn: audit.signedIn,
    cameFrom: from,
    refreshSession: sessions.refresh,
    endSession: sessions.end,
    discardSession: sessions.discard,
    hashPassword: passwords.hash,
    passwordComplaint: (password, email) => passwordComplaint(password, { minLength: config.passwordMinLength, email }),
    emailField,
    shownUser,
    signedIn,
    isRevoked: record.revocations.isRevoked,
    beginPasswordChange: accounts.changePassword,
    ...signing,
  })
  const pages = createPages({
    publicUrl: config.publicUrl,
    https: config.https,
    returnOrigins: [...new Set(config.returnAddresses.map(address => new URL(address).origin))],
    challengeKind: config.challenge.kind,
    passwordMinLength: config.passwordMinLength,
    ...signIn.browser,
    refreshByCookie,
    authenticate: req => authenticate(verifier, req, cookies.readAccess),
    clearCookies: cookies.clear,
    cameFrom: from,
    userById: accounts.byId,
    listSessions: sessions.list,
    endSession: sessions.endOne,
    signOut: sessions.endKnown,
    endOtherSessions: sessions.endMany.others,
    endAllSessions: sessions.endMany.all,
    apiTokens,
    recentEvents: audit.recent,
    now,
  })

  const graphql = config.graphql && {
    policy: config.graphql,
    https: config.https,
    ...signIn.operations,
    whoAsks: bearerClaims(verifier),
    whoAmI: accounts.whoAmI,
    listSessions: sessions.list,
  }

  let draining = false
  const ready = async () =>
    !draining && record.ready() && (await Promise.all([postgres.ready(), redisReady(redis)])).every(Boolean)

  const routes = [
    ...signIn.routes,
    ...accounts.routes,
    ...sessions.routes,
    ...challenges.routes,
    ...audit.routes,
    ...authorizationRoutes({
      redis,
      log,
      returnAddresses: config.returnAddresses,
      issuer,
      refreshByCookie,
      createChildId: parentId => createSessionId(epochOf(parentId)),
      openChild: sessions.openChild,
      discardSession: sessions.discard,
      endForReusedCode: sessions.endForReusedCode,
      recordSignIn: audit.signedInByRedirect,
      giveTokens,
      cameFrom: from,
      callersOnly,
    }),
    ...record.routes,
    ...apiTokens.routes,
    ...introspectionRoutes({
      callersOnly,
      findApiToken: apiTokens.find,
      findSession: sessions.look,
      verify: verifier.verify,
      revokeApiToken: apiTokens.revokeShown,
      endSessionOfRefreshToken: sessions.endShown,
      endSession: sessions.endKnown,
      cameFrom: from,
      issuer,
      audience,
      now,
    }),
    keySetRoute(privateKeys),
    ...healthRoutes(ready),
    ...documentationRoutes({
      publicUrl: config.publicUrl,
      https: config.https,
      refreshCookie: config.cookies.refreshName,
      accessCookie: config.cookies.accessName,
      passwordMinLength: config.passwordMinLength,
    }),
    ...pages.routes,
    // loaded only where it is wanted: it is as large as all the rest
    ...(graphql ? (await import('./graphql/index.ts')).graphqlRoutes(graphql) : []),
  ]
  const app = createService({
    routes,
    log,
    publicOrigin: config.publicUrl,
    https: config.https,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    showProblem: pages.showProblem,
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
      await apiTokens.close()
      await passwords.close()
      await audit.close()
    },
  }
}

const reasonOfRefusal = (error: unknown) => {
  if (error instanceof TooMany) return { event: 'limit-reached', reason: error.limit } as const
  const isChallengeFailed = error instanceof Problem && error.code === 'challenge-failed'
  return isChallengeFailed
    ? ({ event: 'challenge-failed', reason: (error.cause as Error).message } as const)
    : undefined
}
