import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { freshEmail, goodPassword, startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import express5, { type ErrorRequestHandler } from 'express'
import express4 from 'express-4'
import { type AuthClient, createAuthClient, withAccessToken } from './index.ts'
import { type Front, problem, startFront } from './testing/front.ts'
import { lifeMs, movedClock } from './testing/moved-clock.ts'

let server: TestServer
let front: Front
beforeAll(async () => {
  server = await startAuthServer()
})
beforeEach(async () => {
  front = await startFront(server.url)
})
afterEach(() => front.close())
afterAll(() => server.close())

const serving = async (express: typeof express5, client: AuthClient, ...handlers: ErrorRequestHandler[]) => {
  const app = express()
  app.set('env', 'test')
  app.get('/me', withAccessToken(client), async (req, res) => {
    const answer = await req.fetch?.('/api/auth/user')
    res.json({ ...((await answer?.json()) as object), token: req.accessToken })
  })
  for (const handler of handlers) app.use(handler)
  const listening = app.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/me`
  return { url, close: () => listening.close() }
}

describe('withAccessToken in a framework that does not catch what its handlers throw', () => {
  test('hands the error on to the next error handler', async () => {
    const client = createAuthClient({ url: front.url })
    await client.signUp({ email: freshEmail(), password: goodPassword })
    const thrown = new Error('of a handler')
    const handled = new Promise(resolve =>
      withAccessToken(client)({} as never, {}, error => {
        if (!error) throw thrown
        resolve(error)
      }),
    )
    expect(await handled).toBe(thrown)
  })
})

describe.each<[string, typeof express5]>([
  ['4', express4],
  ['5', express5],
])('withAccessToken in Express %s', (_version, express) => {
  test('gives each request a token that lives, and a fetch that sends it', async () => {
    const { clock, pass } = movedClock()
    const client = createAuthClient({ url: front.url, clock })
    const user = await client.signUp({ email: freshEmail(), password: goodPassword })
    const app = await serving(express, client)
    const first = (await (await fetch(app.url)).json()) as { token: string }
    expect(first).toEqual({ user, token: await client.accessToken() })
    pass(lifeMs)
    const second = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(app.url)).json()))
    expect(second).toEqual(Array.from({ length: 20 }, () => ({ user, token: expect.not.stringMatching(first.token) })))
    expect(front.count('/api/refresh')).toBe(1)
    app.close()
  })

  test('answers 503 when the service itself is signed out or the auth-server is away, with what to wait for', async () => {
    const { clock, pass } = movedClock()
    const client = createAuthClient({ url: front.url, clock })
    const seen: unknown[] = []
    const app = await serving(express, client, (error, _req, _res, next) => {
      seen.push(error)
      next(error)
    })
    const signedOut = await fetch(app.url)
    expect([signedOut.status, signedOut.headers.get('Retry-After')]).toEqual([503, '2'])
    await client.signUp({ email: freshEmail(), password: goodPassword })
    pass(lifeMs)
    front.answer('/api/refresh', problem(503, 'unavailable', { 'Retry-After': '60' }))
    const away = await fetch(app.url)
    expect([away.status, away.headers.get('Retry-After')]).toEqual([503, '60'])
    expect(seen).toEqual([
      expect.objectContaining({
        code: 'unavailable',
        status: 503,
        cause: expect.objectContaining({ code: 'signed-out' }),
      }),
      expect.objectContaining({
        code: 'unavailable',
        status: 503,
        cause: expect.objectContaining({ code: 'unavailable' }),
      }),
    ])
    expect((await fetch(app.url)).status).toBe(200)
    app.close()
  })
})
