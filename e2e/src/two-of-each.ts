import { randomBytes } from 'node:crypto'
import { freePort } from '@auth-pair/dev/free-port'
import { patientHashing, wideLimits } from '@auth-pair/dev/wide-limits'
import { startHaproxy } from './haproxy.ts'
import { type Running, ready, start } from './pair.ts'
import type { Settings } from './rotation-lines.ts'

export type Kind = 'auth' | 'service'

const stores = { DATABASE_URL: process.env.TEST_DATABASE_URL ?? '', REDIS_URL: process.env.TEST_REDIS_URL ?? '' }
const common = { COOKIE_SECURE: 'false', BCRYPT_COST: '4', ...wideLimits, ...patientHashing }

/** Two auth-servers and two services that verify, as processes, each two behind haproxy. */
export const startTwoOfEach = async (given: Readonly<Record<Kind, Settings>> = { auth: {}, service: {} }) => {
  const ports = { auth: [await freePort(), await freePort()], service: [await freePort(), await freePort()] }
  const { url, untilAllAreUp } = await startHaproxy(ports)
  const shared = {
    PUBLIC_URL: url('auth'),
    AUTH_SERVER_URL: url('auth'),
    JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
    DRAIN_S: '1',
    LOG_LEVEL: 'warn',
  }
  const REFRESH_TOKEN_SECRET = randomBytes(48).toString('base64')
  /** Those of the next start. */
  const settings: Record<Kind, Settings> = {
    auth: { ...shared, ...common, ...stores, REFRESH_TOKEN_SECRET, ...given.auth },
    service: { ...shared, ...given.service },
  }
  const run = async (kind: Kind, port: number): Promise<Running> => {
    const [program, name] = kind === 'auth' ? ['auth-server', 'AUTH_PORT'] : ['test-server', 'TEST_PORT']
    const running = start(process.execPath, [`${program}/src/main.ts`], { ...settings[kind], [name]: String(port) })
    await ready(`http://127.0.0.1:${port}/health/ready`, running)
    return running
  }
  const runBoth = (kind: Kind) => Promise.all(ports[kind].map(port => run(kind, port)))
  const servers = { auth: await runBoth('auth'), service: await runBoth('service') }
  await untilAllAreUp()

  const restart = async (kind: Kind, i: number) => {
    expect(await servers[kind][i]?.stop()).toBe(0)
    servers[kind][i] = await run(kind, ports[kind][i] as number)
  }
  return {
    settings,
    authUrl: url('auth'),
    serviceUrl: url('service'),
    /** Of each server, past haproxy. */
    urls: (kind: Kind) => ports[kind].map(port => `http://127.0.0.1:${port}`),
    /** Restarts the two of a kind one by one; the two kinds pass each other. */
    restartOneByOne: async (kinds: readonly Kind[], afterEach: () => Promise<void>) => {
      for (const i of [0, 1]) {
        await Promise.all(kinds.map(kind => restart(kind, kind === 'auth' ? i : 1 - i)))
        await untilAllAreUp()
        await afterEach()
      }
    },
  }
}

export type TwoOfEach = Awaited<ReturnType<typeof startTwoOfEach>>
