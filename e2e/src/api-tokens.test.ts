import { setTimeout as wait } from 'node:timers/promises'
import { secrets, signUp, startAuthServer } from '@auth-pair/auth-server/testing'
import { freePort } from '@auth-pair/dev/free-port'
import { documentedCode } from './documented-code.ts'
import { expectAnswers, stepsOf } from './documented-steps.ts'
import { startService, until } from './guide-services.ts'
import { npmStart, stopAll } from './pair.ts'
import { signUp as signUpOutside, statusOf } from './people.ts'

jest.setTimeout(90_000)
afterEach(stopAll)

const page = 'docs/guide-api-tokens.md'

const makeToken = async (authUrl: string, accessToken: string, wish: object = {}) => {
  const res = await fetch(`${authUrl}/api/tokens`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'report', expiresInDays: 1, ...wish }),
  })
  if (res.status !== 201) throw new Error(`making a token: ${res.status} ${await res.text()}`)
  return (await res.json()) as { token: string; id: string }
}

const remove = async (url: string, accessToken: string): Promise<number> =>
  (await fetch(url, { method: 'DELETE', headers: { Authorization: `Bearer ${accessToken}` } })).status

/** How long it takes until something is answered 401, in milliseconds. */
const untilRefused = async (status: () => Promise<number>): Promise<number> => {
  const began = performance.now()
  while ((await status()) !== 401) {
    if (performance.now() - began > 10_000) throw new Error('it is not refused')
    await wait(10)
  }
  return performance.now() - began
}

describe('API tokens', () => {
  test('are made, used and revoked as the guide says, and refused within a second', async () => {
    const pair = await npmStart({ EMBEDDED_REDIS: 'memory' })
    await pair.untilReady()
    expectAnswers(stepsOf(page, 'From its making to its end'), pair, 6)

    const restricted = `${pair.testUrl}/api/restricted`
    const { accessToken } = await signUpOutside(pair.authUrl)
    const [revoked, other] = [await makeToken(pair.authUrl, accessToken), await makeToken(pair.authUrl, accessToken)]
    for (const { token } of [revoked, other]) expect(await statusOf(restricted, token)).toBe(200)
    expect(await remove(`${pair.authUrl}/api/tokens/${revoked.id}`, accessToken)).toBe(204)
    expect(await untilRefused(() => statusOf(restricted, revoked.token))).toBeLessThan(1000)
    // and what the person has besides goes on
    expect([await statusOf(restricted, other.token), await statusOf(restricted, accessToken)]).toEqual([200, 200])

    // a token outlives the sessions of its owner
    expect(await remove(`${pair.authUrl}/api/sessions`, accessToken)).toBe(204)
    await untilRefused(() => statusOf(restricted, accessToken))
    expect(await statusOf(restricted, other.token)).toBe(200)
    // none of them is for the auth-server itself
    expect(await statusOf(`${pair.authUrl}/api/auth/user`, other.token)).toBe(401)
    expect(pair.output()).not.toContain(other.token)
    expect(await pair.stop()).toBe(0)
  })

  test('are taken by a service of the guide, with the feed, and for a while without the auth-server', async () => {
    const port = await freePort()
    const auth = await startAuthServer({ PUBLIC_URL: `http://127.0.0.1:${port}` }, {}, port)
    const { accessToken, user } = await signUp(auth)
    const make = (scopes: string[]) => makeToken(auth.url, accessToken, { scopes })
    const [reads, writes, unseen] = [
      await make(['orders:read']),
      await make(['orders:read', 'orders:write']),
      await make([]),
    ]
    const { running, ask, statusOf } = await startService({
      ...{ file: 'http.mjs', variant: 'feed', authUrl: auth.url },
      ...{ secret: secrets.JWT_ACCESS_SECRET, code: documentedCode(page) },
    })
    await until(running, () => running.output().includes('revocation feed: connected'))
    expect((await ask([`Bearer ${reads.token}`])).body).toEqual({ user: user.id })
    expect((await ask([`Bearer ${reads.token}`], 'POST')).body.code).toBe('insufficient-scope')
    expect((await ask([`Bearer ${writes.token}`], 'POST')).status).toBe(201)
    await remove(`${auth.url}/api/tokens/${reads.id}`, accessToken)
    expect(await untilRefused(() => statusOf(reads.token))).toBeLessThan(1000)

    await auth.close()
    expect(await statusOf(writes.token)).toBe(200)
    expect((await ask([`Bearer ${unseen.token}`])).body.code).toBe('unavailable')
    expect(await statusOf(accessToken)).toBe(200)
  })
})
