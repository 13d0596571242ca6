import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { wideLimits } from '@auth-pair/dev/wide-limits'
import { ready, start, stopAll } from './pair.ts'

jest.setTimeout(60_000)
afterEach(stopAll)

const secrets = {
  JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
  REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
}
const stores = { DATABASE_URL: process.env.TEST_DATABASE_URL ?? '', REDIS_URL: process.env.TEST_REDIS_URL ?? '' }
const password = 'correct horse battery'

const startAuth = async (settings: Record<string, string> = {}) => {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const env = {
    ...secrets,
    ...stores,
    AUTH_PORT: String(port),
    PUBLIC_URL: url,
    COOKIE_SECURE: 'false',
    ...wideLimits,
    ...settings,
  }
  const running = start(process.execPath, ['auth-server/src/main.ts'], env)
  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { ...running, url, post }
}

describe('the auth-server as a process', () => {
  test('finishes what is in flight on SIGTERM, and ends with 0', async () => {
    const server = await startAuth({ BCRYPT_COST: '12' })
    await ready(`${server.url}/health/ready`, server)
    const email = `ada-${randomUUID()}@example.com`
    expect((await server.post('/api/signup', { email, password })).status).toBe(201)
    const answers = Promise.all(Array.from({ length: 8 }, () => server.post('/api/signin', { email, password })))
    await wait(200)
    const began = performance.now()
    const stopped = server.stop()
    expect((await answers).map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(await stopped).toBe(0)
    // it does not wait for connections on which nothing is in flight
    expect(performance.now() - began).toBeLessThan(6000)
    expect(server.output().trimEnd().split('\n').at(-1)).toContain('"msg":"stopped"')
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow()
  })

  test('that is killed loses nothing that it answered', async () => {
    const first = await startAuth({ BCRYPT_COST: '4' })
    await ready(`${first.url}/health/ready`, first)
    const email = `ada-${randomUUID()}@example.com`
    const signUp = await first.post('/api/signup', { email, password, tokenTransport: 'body' })
    const { refreshToken } = (await signUp.json()) as { refreshToken: string }
    await first.stop('SIGKILL')
    const second = await startAuth({ BCRYPT_COST: '4' })
    await ready(`${second.url}/health/ready`, second)
    expect((await second.post('/api/refresh', { refreshToken })).status).toBe(200)
    expect((await second.post('/api/signin', { email, password })).status).toBe(200)
    expect(await second.stop()).toBe(0)
  })

  test('takes its secrets from files', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'secret-')), 'jwt')
    writeFileSync(file, `${secrets.JWT_ACCESS_SECRET}\n`)
    const server = await startAuth({ JWT_ACCESS_SECRET: '', JWT_ACCESS_SECRET_FILE: file })
    await ready(`${server.url}/health/ready`, server)
    expect(await server.stop()).toBe(0)
  })

  test.each([
    ['no settings at all', { DATABASE_URL: '', REDIS_URL: '', JWT_ACCESS_SECRET: '', REFRESH_TOKEN_SECRET: '' }, 4],
    ['weak ones', { JWT_ACCESS_SECRET: 'canary-secret', BCRYPT_COST: '3', COOKIE_SECURE: 'no' }, 3],
    [
      'sample secrets and https',
      { PUBLIC_URL: 'https://login.example.com', JWT_ACCESS_SECRET: 'development-only-access-token-secret-change-me' },
      2,
    ],
  ])('does not start with %s, says why, and shows no secret', async (_, settings, complaints) => {
    const server = await startAuth(settings)
    await new Promise(resolve => server.child.once('close', resolve))
    expect(server.child.exitCode).toBe(1)
    expect(
      server
        .output()
        .split('\n')
        .filter(line => line.startsWith('  - ')),
    ).toHaveLength(complaints)
    expect(server.output()).not.toMatch(/canary|change-me|\.ts:/)
  })

  test('and a port that is taken is one line', async () => {
    const first = await startAuth()
    await ready(`${first.url}/health/live`, first)
    const port = new URL(first.url).port
    const second = await startAuth({ AUTH_PORT: port, LOG_LEVEL: 'error' })
    await new Promise(resolve => second.child.once('close', resolve))
    expect([second.child.exitCode, second.output()]).toEqual([
      1,
      `Port ${port} is in use by another program: stop it, or choose another port.\n`,
    ])
    expect(await first.stop()).toBe(0)
  })
})

describe('the pair as two processes', () => {
  test('share nothing but the secret: the test-server goes on without the auth-server', async () => {
    const auth = await startAuth({ BCRYPT_COST: '4' })
    await ready(`${auth.url}/health/ready`, auth)
    const port = await freePort()
    const env = { TEST_PORT: String(port), PUBLIC_URL: auth.url, JWT_ACCESS_SECRET: secrets.JWT_ACCESS_SECRET }
    const test = start(process.execPath, ['test-server/src/main.ts'], env)
    await ready(`http://localhost:${port}/health/ready`, test)
    const res = await auth.post('/api/signup', { email: `ada-${randomUUID()}@example.com`, password })
    const { accessToken } = (await res.json()) as { accessToken: string }
    const restricted = () =>
      fetch(`http://localhost:${port}/api/restricted`, { headers: { Authorization: `Bearer ${accessToken}` } })
    expect((await restricted()).status).toBe(200)
    await auth.stop('SIGKILL')
    expect((await restricted()).status).toBe(200)
    expect((await fetch(`http://localhost:${port}/api/restricted`)).status).toBe(401)
    expect(await test.stop()).toBe(0)
  })
})
