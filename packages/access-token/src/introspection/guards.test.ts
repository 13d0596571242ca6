import { randomBytes, randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createApiToken } from '../api-token.ts'
import { createVerifier, type VerifierNeeds } from '../create-verifier.ts'
import { requireAccessToken } from '../require-access-token.ts'
import { requireScope } from '../require-scope.ts'
import { createKey, createSigner } from '../sign.ts'
import { type GuardedServer, startGuarded } from '../testing/guarded-server.ts'
import {
  activeAnswer,
  audience,
  type IntrospectingServer,
  issuer,
  startIntrospecting,
} from '../testing/introspecting-server.ts'

const secret = randomBytes(48).toString('base64')
const jwt = () =>
  createSigner({ key: createKey(secret), issuer, audience })({
    ...{ userId: randomUUID(), sessionId: 'x', now: Date.now(), lifeS: 60 },
  })

let auth: IntrospectingServer
const servers: GuardedServer[] = []
beforeEach(async () => {
  auth = await startIntrospecting()
})
afterEach(() => Promise.all([auth, ...servers.splice(0)].map(server => server.close())))

const verifierOf = (needs: Partial<VerifierNeeds> = {}) => {
  const introspection = { url: auth.url, secret, service: 'orders' }
  return createVerifier({ secret, issuer, audience, introspection, ...needs })
}
const serve = async (needs: Partial<VerifierNeeds> = {}, ...scopes: string[]) => {
  const guards = scopes.length > 0 ? [requireScope(scopes)] : []
  const server = await startGuarded(requireAccessToken(verifierOf(needs)), ...guards)
  servers.push(server)
  return (token: string) => server.ask('Authorization', `Bearer ${token}`)
}

describe('a verifier with introspection', () => {
  test('takes both kinds of tokens, and asks nobody about an access token', async () => {
    const verifier = verifierOf()
    for (let i = 0; i < 3; i++) expect(verifier.verify(jwt())).toMatchObject({ ok: true })
    for (const junk of ['x', `${jwt()}x`, 'a.b.c']) expect(verifier.verify(junk)).toMatchObject({ ok: false })
    expect(auth.questions).toHaveLength(0)
    expect(await verifier.verify(createApiToken())).toMatchObject({ ok: true, claims: { sub: 'u1' } })
    expect(auth.questions).toHaveLength(1)
  })

  test('is needed: without it an API token is junk', () => {
    const verifier = createVerifier({ secret, issuer, audience })
    expect(verifier.verify(createApiToken())).toEqual({ ok: false, code: 'malformed' })
  })

  test('asks as often as answers expire', async () => {
    let now = Date.now()
    const verifier = verifierOf({ now: () => now })
    const token = createApiToken()
    // TOK-07: each second of two minutes
    for (let second = 0; second < 120; second++, now += 1000)
      expect(await verifier.verify(token)).toMatchObject({ ok: true })
    expect(auth.questions).toHaveLength(4)
    auth.said = { active: false }
    for (let second = 0; second < 20; second++, now += 1000) await verifier.verify(token)
    expect(auth.questions).toHaveLength(4 + 4)
  })
})

describe('the guards', () => {
  test('let an active API token pass, and its claims are those of any token', async () => {
    const ask = await serve()
    const { status, body } = await ask(createApiToken())
    const { active, token_type, ...claims } = activeAnswer()
    expect([status, JSON.parse(body)]).toEqual([200, { ...claims, exp: expect.any(Number) }])
  })

  // TOK-03
  test('refuse one that is not active like any token that is not valid', async () => {
    auth.said = { active: false }
    const ask = await serve()
    const refusal = await ask(`${jwt()}x`)
    expect(await ask(createApiToken())).toEqual(refusal)
    expect([refusal.status, JSON.parse(refusal.body).code]).toEqual([401, 'access-token-invalid'])
  })

  test('want scopes of it', async () => {
    const ask = await serve({}, 'orders:write')
    expect(await ask(createApiToken())).toMatchObject({
      status: 403,
      headers: {
        'www-authenticate': 'Bearer realm="auth-pair", error="insufficient_scope", scope="orders:write"',
      },
    })
    auth.said = activeAnswer({ scope: 'orders:read orders:write' })
    expect((await ask(createApiToken())).status).toBe(200)
  })

  const faults: [string, RequestListener][] = [
    ['answers 500', (_req, res) => res.writeHead(500).end()],
    ['answers 503', (_req, res) => res.writeHead(503, { 'Retry-After': '2' }).end()],
    ['answers nothing', () => {}],
    ['ends the connection', req => void req.socket.destroy()],
    ['answers a page', (_req, res) => void res.end('<html>')],
    ['answers half', (_req, res) => void res.end('{"active":true}')],
    ['does not know this service', (_req, res) => res.writeHead(401).end('{"error":"invalid_client"}')],
    ['does not know the question', (_req, res) => res.writeHead(404).end()],
    ['redirects', (_req, res) => res.writeHead(302, { Location: '/' }).end()],
  ]
  test.each(faults)('decide nothing when the auth-server %s: 503, never 401', async (_name, answer) => {
    auth.answer = answer
    const causes: unknown[] = []
    const ask = await serve({ onIntrospectionUnavailable: cause => causes.push(cause) })
    expect(await ask(createApiToken())).toEqual({
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'retry-after': '2' },
      body: '{"type":"urn:auth-pair:problem:unavailable","title":"The service is not available right now","status":503,"code":"unavailable"}',
    })
    expect(causes).toHaveLength(1)
    // access tokens go on
    expect((await ask(jwt())).status).toBe(200)
  })

  test('decide nothing while nobody listens', async () => {
    const ask = await serve()
    await auth.close()
    expect((await ask(createApiToken())).status).toBe(503)
    auth = await startIntrospecting()
  })

  test('have the log told when the credentials of the service are wrong', async () => {
    auth.answer = (_req, res) => res.writeHead(401).end()
    const onIntrospectionUnavailable = jest.fn()
    const ask = await serve({ onIntrospectionUnavailable })
    await ask(createApiToken())
    expect(String(onIntrospectionUnavailable.mock.calls[0]?.[0])).toContain('compare secret, issuer and clock')
  })
})
