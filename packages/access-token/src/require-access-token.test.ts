import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import express from 'express'
import request from 'supertest'
import { authenticate } from './authenticate.ts'
import { createVerifier } from './create-verifier.ts'
import type { Refusal } from './refusals.ts'
import { requireAccessToken } from './require-access-token.ts'
import { createKey, createSigner } from './sign.ts'
import { type GuardedServer, startGuarded } from './testing/guarded-server.ts'
import type { RefusalCode, Verifier } from './verification.ts'

const secret = randomBytes(48).toString('base64')
const [issuer, audience] = ['https://login.example.com', 'auth-pair']
const local = createVerifier({ secret, issuer, audience })
const sign = createSigner({ key: createKey(secret), issuer, audience })
const userId = randomUUID()
const token = sign({ userId, sessionId: 'A'.repeat(22), now: Date.now(), lifeS: 300 })
const expired = sign({ userId, sessionId: 'A'.repeat(22), now: Date.now() - 600_000, lifeS: 300 })

/** Answers as a verifier does that has to fetch a key first. */
const slow: Verifier = {
  verify: async presented => {
    await wait(1)
    return local.verify(presented)
  },
}
const undecided = (code: RefusalCode): Verifier => ({ verify: () => ({ ok: false, code }) })
const problemHeaders = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
const invalid = {
  status: 401,
  headers: { ...problemHeaders, 'www-authenticate': 'Bearer realm="auth-pair", error="invalid_token"' },
  body: '{"type":"urn:auth-pair:problem:access-token-invalid","title":"The access token is not valid","status":401,"code":"access-token-invalid"}',
}
const missing = {
  status: 401,
  headers: { ...problemHeaders, 'www-authenticate': 'Bearer realm="auth-pair"' },
  body: '{"type":"urn:auth-pair:problem:access-token-required","title":"An access token is required","status":401,"code":"access-token-required"}',
}
const several = {
  status: 400,
  headers: { ...problemHeaders, 'www-authenticate': 'Bearer realm="auth-pair", error="invalid_request"' },
  body: '{"type":"urn:auth-pair:problem:ambiguous-credentials","title":"The request carries more than one credential","status":400,"code":"ambiguous-credentials"}',
}
const malformed = {
  status: 400,
  headers: { ...problemHeaders, 'www-authenticate': 'Bearer realm="auth-pair", error="invalid_request"' },
  body: '{"type":"urn:auth-pair:problem:malformed-request","title":"The request could not be read","status":400,"code":"malformed-request","detail":"Send Authorization: Bearer, one space, the access token."}',
}

describe.each([
  ['answers at once', local],
  ['has to fetch a key first', slow],
] as const)('requireAccessToken with a verifier that %s', (_name, verifier) => {
  let server: GuardedServer
  beforeAll(async () => {
    server = await startGuarded(requireAccessToken(verifier))
  })
  afterAll(() => server.close())

  test('lets a good token pass, and its claims are req.auth', async () => {
    const { status, body } = await server.ask('Authorization', `Bearer ${token}`)
    expect([status, JSON.parse(body)]).toEqual([200, (local.verify(token) as { claims: object }).claims])
    expect(JSON.parse(body).sub).toBe(userId)
  })

  test.each([
    ['no header', [], missing],
    ['another scheme', ['Authorization', 'Basic YTpi'], missing],
    ['a scheme that begins like it', ['Authorization', 'BearerX abc'], missing],
    ['a forged token', ['Authorization', `Bearer ${token.slice(0, -4)}AAAA`], invalid],
    ['an expired token', ['Authorization', `Bearer ${expired}`], invalid],
    ['junk', ['Authorization', 'Bearer junk'], invalid],
    ['two headers', ['Authorization', `Bearer ${token}`, 'authorization', `Bearer ${token}`], several],
    ['a good header behind a bad one', ['Authorization', 'Basic YTpi', 'Authorization', `Bearer ${token}`], several],
    ['no token behind the scheme', ['Authorization', 'Bearer'], malformed],
    ['two spaces', ['Authorization', `Bearer  ${token}`], malformed],
    ['two tokens', ['Authorization', `Bearer ${token} ${token}`], malformed],
    ['a list of schemes', ['Authorization', `Bearer ${token}, Basic YTpi`], malformed],
  ])('answers %s by itself', async (_what, headers, answer) => {
    expect(await server.ask(...headers)).toEqual(answer)
  })
})

test.each(['revocations-unknown', 'keys-unavailable'] as const)(
  'where nothing was decided about the token (%s), the client is told to come again with it',
  async code => {
    const server = await startGuarded(requireAccessToken(undecided(code)))
    expect(await server.ask('Authorization', `Bearer ${token}`)).toEqual({
      status: 503,
      headers: { ...problemHeaders, 'retry-after': '2' },
      body: '{"type":"urn:auth-pair:problem:unavailable","title":"The service is not available right now","status":503,"code":"unavailable"}',
    })
    await server.close()
  },
)

test('a verifier that fails is an error of the service, and nobody passes', async () => {
  const failing: Verifier = { verify: () => Promise.reject(new Error('out of order')) }
  const server = await startGuarded(requireAccessToken(failing))
  expect(await server.ask('Authorization', `Bearer ${token}`)).toMatchObject({ status: 500, body: 'out of order' })
  await server.close()
})

describe('onRefusal', () => {
  test('answers in place of the guard, and learns what exactly was wrong', async () => {
    const seen: Refusal[] = []
    const guard = requireAccessToken(slow, {
      onRefusal: (refusal, _req, res) => {
        seen.push(refusal)
        res.writeHead(418).end('no')
      },
    })
    const server = await startGuarded(guard)
    const answers = [await server.ask(), await server.ask('Authorization', `Bearer ${expired}`)]
    expect(answers).toEqual([
      { status: 418, headers: {}, body: 'no' },
      { status: 418, headers: {}, body: 'no' },
    ])
    expect(seen.map(({ code, reason }) => [code, reason])).toEqual([
      ['access-token-required', undefined],
      ['access-token-invalid', 'expired'],
    ])
    await server.close()
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('oh')
      },
    ],
    ['rejects', () => Promise.reject(new Error('oh'))],
  ])('that %s hands its error on, and nobody passes', async (_how, onRefusal) => {
    for (const verifier of [local, slow]) {
      const server = await startGuarded(requireAccessToken(verifier, { onRefusal }))
      expect(await server.ask('Authorization', 'Bearer junk')).toEqual({ status: 500, headers: {}, body: 'oh' })
      await server.close()
    }
  })
})

test('read says where the token is', async () => {
  const read = () => ({ kind: 'token', token }) as const
  const server = await startGuarded(requireAccessToken(local, { read }))
  expect((await server.ask()).status).toBe(200)
  await server.close()
})

test('in Express, an error of the verifier goes to the error handler once', async () => {
  const errors: unknown[] = []
  const app = express()
  app.use(requireAccessToken({ verify: () => Promise.reject(new Error('out of order')) }))
  const onError: express.ErrorRequestHandler = (error, _req, res, _next) => {
    errors.push(error)
    res.status(500).end()
  }
  app.use(onError)
  await request(app).get('/').set('Authorization', `Bearer ${token}`).expect(500)
  expect(errors).toEqual([new Error('out of order')])
})

test('authenticate answers at once with a local verifier, so that a guard costs no turn of the event loop', () => {
  const req = { headers: {}, rawHeaders: [] }
  expect(authenticate(local, req as never)).toMatchObject({ ok: false, code: 'access-token-required' })
})
