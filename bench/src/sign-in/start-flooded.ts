import { randomBytes } from 'node:crypto'
import { wideLimits } from '@auth-pair/dev/wide-limits'
import { createUser } from '../refresh/sign-in.ts'
import type { Needs } from '../scenario.ts'
import { insertAccounts, storedHash } from './accounts.ts'
import { authSettings, startListening, startMigrated } from './start-servers.ts'

/** The cost that is preset. */
const cost = 12

export const accounts = { name: 'user', accounts: 10_000, password: 'correct horse battery' } as const

/** What is flooded: an auth-server whose limits are too wide to be reached, one with the limits that ship, and a plain server. */
export const startFlooded = async (needs: Needs) => {
  const [redis, postgres] = [await needs.startRedis(), await startMigrated(needs)]
  const passwordHash = await storedHash(accounts.password, cost)
  await insertAccounts({ databaseUrl: postgres.url, name: accounts.name, count: accounts.accounts, passwordHash })
  // the services trust the tokens of either
  const common = {
    JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
    PUBLIC_URL: 'http://localhost:3000',
    JWT_ACCESS_AGE_S: '3600',
  }
  const startAuth = (limits: Record<string, string>) =>
    startListening(
      needs,
      'auth-server/src/main.ts',
      authSettings({ postgres, redis, settings: { ...common, ...limits } }),
    )
  const wide = await startAuth(wideLimits)
  // all refreshes that are measured are of one session
  const shipped = await startAuth({ LIMIT_REFRESHES: wideLimits.LIMIT_REFRESHES })
  const plain = await startListening(needs, 'bench/src/sign-in/plain-server.ts', port => ({
    PORT: port,
    REDIS_URL: redis.url,
    PASSWORD: accounts.password,
    BCRYPT_COST: String(cost),
  }))
  const test = await startListening(needs, 'test-server/src/main.ts', port => ({
    ...{ JWT_ACCESS_SECRET: common.JWT_ACCESS_SECRET, PUBLIC_URL: common.PUBLIC_URL },
    TEST_PORT: port,
    AUTH_SERVER_URL: wide.url,
  }))
  const refreshing = {
    wide: await (await createUser(wide.url, 'ada@example.com')).bearer(),
    shipped: await (await createUser(shipped.url, 'grace@example.com')).bearer(),
  }
  const accessToken = await accessTokenOf(wide.url)
  return { servers: { wide, shipped, plain, test }, refreshing, restricted: { Authorization: `Bearer ${accessToken}` } }
}

const accessTokenOf = async (url: string): Promise<string> => {
  const body = JSON.stringify({ email: 'user1@example.org', password: accounts.password, tokenTransport: 'body' })
  const headers = { 'Content-Type': 'application/json' }
  const res = await fetch(`${url}/api/signin`, { method: 'POST', headers, body })
  if (!res.ok) throw new Error(`the sign-in was answered with ${res.status}`)
  const { accessToken } = (await res.json()) as { accessToken: string }
  return accessToken
}
