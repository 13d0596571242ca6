import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createApiToken, createVerifierTokenCheck } from '@auth-pair/access-token/pair'
import { createKey, createSigner, createSigningKey, publicJwk } from '@auth-pair/access-token/sign'
import { documentedCode } from './documented-code.ts'
import { type Service, startService, until } from './guide-services.ts'
import { stopAll } from './pair.ts'

const page = 'docs/guide-api-tokens.md'
const blocks = documentedCode(page)
const secret = randomBytes(48).toString('base64')
const clientSecret = randomBytes(48).toString('base64')
const key = createSigningKey(
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  }).privateKey,
)

/** An auth-server as far as keys and introspection go. It knows these tokens, each with its scopes. */
const startAuth = async (tokens: ReadonlyMap<string, string>) => {
  let isAway = false
  const server = createServer(async (req, res) => {
    if (req.method === 'GET') return res.end(JSON.stringify({ keys: [publicJwk(key)] }))
    const check = createVerifierTokenCheck({ secrets: [secret], issuer: url, now: Date.now })
    const [scheme, credentials = ''] = req.headers.authorization?.split(' ') ?? []
    const expected = `orders:${encodeURIComponent(clientSecret)}`
    const isKnown =
      scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString() === expected : check(credentials) === 'orders'
    if (isAway || !isKnown) return res.writeHead(isAway ? 503 : 401).end()
    const scope = tokens.get(new URLSearchParams(await text(req)).get('token') ?? '')
    const claims = { iss: url, aud: 'auth-pair', sub: 'grace', sid: 'x', jti: 'x', iat: 1_700_000_000, scope }
    res.end(JSON.stringify(scope === undefined ? { active: false } : { active: true, ...claims }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    goAway: () => {
      isAway = true
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const [reads, writes] = [createApiToken(), createApiToken()]
const tokens = new Map([
  [reads, 'orders:read'],
  [writes, 'orders:read orders:write'],
])
let auth: Awaited<ReturnType<typeof startAuth>>
beforeEach(async () => {
  auth = await startAuth(tokens)
})
afterEach(async () => {
  await stopAll()
  auth.close()
})

const serve = (service: Pick<Service, 'file' | 'variant'>) =>
  startService({
    ...{ authUrl: auth.url, secret, code: blocks, environment: { CLIENT_SECRET: clientSecret } },
    ...service,
  })
const signedWith = (by: typeof key) =>
  createSigner({ key: by, issuer: auth.url, audience: 'auth-pair' })({
    ...{ userId: 'ada', sessionId: 'x', now: Date.now(), lifeS: 60 },
  })

describe('the guide to API tokens', () => {
  test('has a test for every file, in every form', () => {
    const files = blocks.flatMap(({ attributes: { file, variant = '' } }) =>
      file ? [`${file} ${variant}`.trim()] : [],
    )
    expect(files).toEqual(['verifier.mjs', 'express.mjs', 'http.mjs', 'verifier.mjs client', 'verifier.mjs feed'])
  })

  test.each(['express.mjs', 'http.mjs'])('%s lets in either kind of token, and looks at scopes', async file => {
    const { ask } = await serve({ file })
    const get = async (token: string, method = 'GET') => {
      const { status, body } = await ask([`Bearer ${token}`], method)
      return [status, body.code ?? body.user]
    }
    expect(await get(reads)).toEqual([200, 'grace'])
    expect(await get(signedWith(createKey(secret)))).toEqual([200, 'ada'])
    expect(await get(createApiToken())).toEqual([401, 'access-token-invalid'])
    expect(await get(`${reads.slice(0, -1)}!`)).toEqual([401, 'access-token-invalid'])
    expect(await get(reads, 'POST')).toEqual([403, 'insufficient-scope'])
    expect(await get(writes, 'POST')).toEqual([201, 'grace'])
    // what it was told a moment ago holds, and of others nobody knows
    auth.goAway()
    expect(await get(reads)).toEqual([200, 'grace'])
    expect(await get(createApiToken())).toEqual([503, 'unavailable'])
  })

  test('without the secret, a client asks by its own name, and verifies access tokens with keys', async () => {
    const { ask, statusOf, running } = await serve({ file: 'express.mjs', variant: 'client' })
    expect((await ask([`Bearer ${reads}`])).body).toEqual({ user: 'grace' })
    expect([await statusOf(signedWith(key)), await statusOf(signedWith(createKey(secret)))]).toEqual([200, 401])
    auth.goAway()
    expect(await statusOf(writes)).toBe(503)
    await until(running, () => running.output().includes('the auth-server cannot be asked: Error: '))
  })

  test('with the feed, an API token is taken as without it', async () => {
    const { statusOf } = await serve({ file: 'http.mjs', variant: 'feed' })
    expect([await statusOf(reads), await statusOf(createApiToken())]).toEqual([200, 401])
  })
})
