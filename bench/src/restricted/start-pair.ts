import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Needs, Store } from '../scenario.ts'
import { authSettings, type Listening, startListening, startMigrated } from '../sign-in/start-servers.ts'
import type { Signing } from './write-tokens.ts'

export interface Pair {
  readonly signing: Signing
  readonly auth: Listening
  /** As it ships, connected to the feed of the auth-server. */
  readonly test: Listening
  readonly stores: { readonly redis: Store; readonly postgres: Store }
}

/** Starts the pair with the settings that are preset, and waits until the test-server is told of revocations. */
export const startPair = async (needs: Needs): Promise<Pair> => {
  const [redis, postgres] = [await needs.startRedis(), await startMigrated(needs)]
  const secret = randomBytes(48).toString('base64')
  const settings = { JWT_ACCESS_SECRET: secret }
  const auth = await startListening(needs, 'auth-server/src/main.ts', authSettings({ postgres, redis, settings }))
  const test = await startListening(needs, 'test-server/src/main.ts', port => ({
    ...settings,
    TEST_PORT: port,
    AUTH_SERVER_URL: auth.url,
  }))
  await untilTold(auth.url, test.url)
  // those that are preset
  const signing = { secret, issuer: 'http://localhost:3000', audience: 'auth-pair' }
  return { signing, auth, test, stores: { redis, postgres } }
}

/** Signs out, and waits until the test-server knows. */
const untilTold = async (authUrl: string, testUrl: string): Promise<void> => {
  const send = (path: string, headers: Record<string, string>, body?: object) =>
    fetch(`${authUrl}${path}`, {
      method: 'POST',
      headers: body ? { ...headers, 'Content-Type': 'application/json' } : headers,
      ...(body && { body: JSON.stringify(body) }),
    })
  const credentials = { email: 'ada@example.com', password: 'correct horse battery', tokenTransport: 'body' }
  const signedIn: unknown = await (await send('/api/signup', {}, credentials)).json()
  const { accessToken, refreshToken } = signedIn as { accessToken: string; refreshToken: string }
  const status = async () =>
    (await fetch(`${testUrl}/api/restricted`, { headers: { Authorization: `Bearer ${accessToken}` } })).status
  if ((await status()) !== 200) throw new Error('the test-server refuses a good token')
  await send('/api/signout', { Authorization: `Bearer ${refreshToken}` })
  for (let i = 0; (await status()) === 200; i++) {
    if (i > 200) throw new Error('the test-server is not told of revocations')
    await wait(50)
  }
}
