/** An auth-server for tests: as it ships, on the stores of the test run, with its log and its clock in the test's hands. */

import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createMemoryRedis } from '@auth-pair/dev/memory-redis'
import { patientHashing, wideLimits } from '@auth-pair/dev/wide-limits'
import { memoryLog, serve } from '@auth-pair/service/testing'
import { Redis } from 'ioredis'
import request from 'supertest'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { createPostgres } from '../postgres.ts'
import { createRedis } from '../redis.ts'

export const secrets = {
  JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
  REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
}

/** The settings of the test run's stores, and costs that let a suite end soon. */
export const testEnvironment = (): Record<string, string> => ({
  ...secrets,
  PUBLIC_URL: 'http://localhost:3000',
  COOKIE_SECURE: 'false',
  BCRYPT_COST: '4',
  HASHING_THREADS: '1',
  ...wideLimits,
  ...patientHashing,
  LOG_LEVEL: 'debug',
  DATABASE_URL: process.env.TEST_DATABASE_URL ?? '',
  DATABASE_PREPARE: process.env.TEST_DATABASE_PREPARE ?? 'true',
  REDIS_URL: process.env.TEST_REDIS_URL ?? 'redis://in-memory',
})

/** Settings for a part of Redis that servers on other databases leave alone: any server records what waits there. */
export const redisApart = (db: number): Record<string, string> => {
  if (!process.env.TEST_REDIS_URL) return {}
  return { REDIS_URL: Object.assign(new URL(process.env.TEST_REDIS_URL), { pathname: `/${db}` }).href }
}

/** Redis of the test run; all in-memory ones of a worker are the same. */
export const testRedis = (): Redis =>
  process.env.TEST_REDIS_URL ? new Redis(process.env.TEST_REDIS_URL) : createMemoryRedis()

export const startAuthServer = async (
  settings: Record<string, string> = {},
  clocks: { now?: () => number; sessionNow?: () => number } = {},
  port = 0,
) => {
  const config = readConfig({ ...testEnvironment(), ...settings })
  const { log, lines, text } = memoryLog()
  const { databaseUrl: url, databaseOwnerUrl: ownerUrl, databasePrepare: prepare } = config
  const postgres = createPostgres({ url, ownerUrl, prepare, log, poolSize: 5 })
  const redis =
    config.redisUrl === 'redis://in-memory' ? createMemoryRedis() : createRedis({ url: config.redisUrl, log })
  const { app, routes, passwords, start, drain, close } = await createApp({ config, postgres, redis, log, ...clocks })
  const server = await serve(app, { https: config.https, port })
  const started = postgres.start()
  started.then(start, () => {})
  if (!settings.DATABASE_URL) await started
  if (!settings.REDIS_URL && redis.status === 'connecting') await new Promise(resolve => redis.once('ready', resolve))
  if (!settings.DATABASE_URL && !settings.REDIS_URL) await untilReady(server.url)
  return {
    ...server,
    config,
    routes,
    passwords,
    drain,
    redis,
    postgres,
    lines,
    logText: text,
    http: request(server.url),
    agent: () => request.agent(server.url),
    close: async () => {
      drain()
      await server.close()
      await close()
      redis.disconnect()
      await postgres.close()
      await started.catch(() => {})
    },
  }
}

const untilReady = async (url: string): Promise<void> => {
  for (let i = 0; (await fetch(`${url}/health/ready`)).status !== 200; i++) {
    if (i > 500) throw new Error('the auth-server did not become ready')
    await wait(10)
  }
}

export type TestServer = Awaited<ReturnType<typeof startAuthServer>>

/** An email that nobody else has. */
export const freshEmail = (): string => `ada-${randomUUID()}@example.com`

/** An address of a network that no other test has, for servers that believe `X-Forwarded-For`. */
export const freshAddress = (): string => `2001:${randomBytes(6).toString('hex').match(/.{4}/g)?.join(':')}::1`

export const goodPassword = 'correct horse battery'

/** Signs a new user up by cookie or body and returns what the client then holds. */
export const signUp = async (server: TestServer, { tokenTransport = 'body', email = freshEmail() } = {}) => {
  const res = await server.http.post('/api/signup').send({ email, password: goodPassword, tokenTransport })
  if (res.status !== 201) throw new Error(`sign-up answered ${res.status}: ${res.text}`)
  const { user, accessToken, refreshToken } = res.body
  return { email, user, accessToken, refreshToken: refreshToken ?? cookieOf(res, 'xid_refresh'), res }
}

/** The value that an answer sets a cookie to. */
export const cookieOf = (res: request.Response, name: string): string | undefined =>
  setCookies(res)
    .find(cookie => cookie.startsWith(`${name}=`))
    ?.slice(name.length + 1)
    .split(';', 1)[0]

export const setCookies = (res: request.Response): string[] => {
  const header = res.headers['set-cookie'] as string | string[] | undefined
  return header === undefined ? [] : [header].flat()
}
