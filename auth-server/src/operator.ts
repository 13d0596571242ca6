import { createLog, Problem } from '@auth-pair/service'
import { createAccountAdministration, emailKey } from './accounts/index.ts'
import { auditInsert, createAuditDesk } from './audit/index.ts'
import type { AuthConfig } from './config.ts'
import { createPostgres } from './postgres.ts'
import { createRedis } from './redis.ts'
import { createOperatorRecord } from './revocations/index.ts'
import { createSessionStore } from './sessions/index.ts'

export { isEventName } from './audit/index.ts'
export { calibrate } from './passwords/index.ts'

/** How long an operator's command waits for a store, in milliseconds. */
const patienceMs = 4_000

/** What an operator's commands are made of, wired: beside the running servers, on the same stores. */
export const createOperator = (config: AuthConfig) => {
  // an operator reads sentences, not lines for machines: the last reason is told with the outcome
  let reason = 'no answer'
  const destination = {
    write: (line: string) => {
      const { message, code } = JSON.parse(line).err ?? {}
      reason = message || code || reason
    },
  }
  const log = createLog({ name: 'operator', level: 'warn', destination })
  const within = (ready: Promise<void>, what: string): Promise<void> => {
    const late = Promise.withResolvers<void>()
    const tooLate = () => late.reject(new Problem('unavailable', { detail: `${what} is not available (${reason}).` }))
    const timer = setTimeout(tooLate, patienceMs)
    return Promise.race([ready, late.promise]).finally(() => clearTimeout(timer))
  }
  const { databaseUrl: url, databaseOwnerUrl: ownerUrl, databasePrepare: prepare } = config
  const postgres = createPostgres({ url, ownerUrl, prepare, log, poolSize: 2 })
  // the embedded Redis of another process has no address
  const redis = config.redisUrl === 'redis://in-memory' ? undefined : createRedis({ url: config.redisUrl, log })
  const redisConnected = new Promise<void>(resolve => redis?.once('ready', () => resolve()))
  const sessions = redis && createSessionStore({ redis, policy: config.sessions })
  const record = createOperatorRecord({
    postgres,
    auditInsert,
    redis,
    endInRedis: async entries => {
      await sessions?.endMany(entries)
    },
    log,
    sessionLifeMs: config.sessions.lifeMs,
  })

  return {
    accounts: createAccountAdministration({ postgres, recordEnd: record.recordWith, auditInsert }),
    audit: createAuditDesk({ postgres, secret: config.refreshTokenSecret, emailKey }),
    reapply: record.reapply,
    /** Waits for PostgreSQL. Throws `Problem('unavailable')` when it does not come. */
    postgresReady: () => within(postgres.start(), 'PostgreSQL'),
    /** Waits for Redis. Throws `Problem('unavailable')` when it does not come. */
    redisReady: () => within(redis ? redisConnected : new Promise(() => {}), 'Redis'),
    close: async () => {
      redis?.disconnect()
      await postgres.close()
    },
  }
}

export type Operator = ReturnType<typeof createOperator>
