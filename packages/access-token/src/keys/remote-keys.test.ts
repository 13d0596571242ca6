import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import jwt from 'jsonwebtoken'
import { createExternalVerifier, createVerifier } from '../create-verifier.ts'
import { createSigner } from '../sign.ts'
import { createSigningKey, type Key, publicJwk } from './key.ts'
import { createRemoteKeys } from './remote-keys.ts'

const issuer = 'https://login.example.com'
const audience = 'auth-pair'
const newKey = () =>
  createSigningKey(
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
      publicKeyEncoding: { format: 'pem', type: 'spki' },
    }).privateKey,
  )
const tokenOf = (key: Key) =>
  createSigner({ key, issuer, audience })({ userId: randomUUID(), sessionId: 'x', now: Date.now(), lifeS: 300 })

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

/** An issuer that publishes what `keys` holds at the time. */
const startIssuer = async (...keys: Key[]) => {
  const issued = { keys, asked: 0, answer: undefined as RequestListener | undefined }
  const server = createServer((req, res) => {
    issued.asked++
    if (issued.answer) issued.answer(req, res)
    else res.end(JSON.stringify({ keys: issued.keys.map(publicJwk) }))
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`
  return Object.assign(issued, { url, server })
}

const found = async (keys: ReturnType<typeof createRemoteKeys>, id: string) => {
  const key = keys.get(id) ?? (await keys.find(id))
  return typeof key === 'string' ? key : 'found'
}

describe('keys of an issuer', () => {
  test('are fetched when the first token comes, once for all who wait', async () => {
    const key = newKey()
    const server = await startIssuer(key)
    const verifier = createVerifier({ jwksUrl: server.url, issuer, audience })
    expect(server.asked).toBe(0)
    const token = tokenOf(key)
    const verifications = await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)))
    expect(verifications.every(({ ok }) => ok)).toBe(true)
    expect(server.asked).toBe(1)
    // remembered: an answer at once
    expect(verifier.verify(token)).toMatchObject({ ok: true })
  })

  test('that are new are found, and ids that clients invent cost one look in a while', async () => {
    const [first, second] = [newKey(), newKey()]
    const server = await startIssuer(first)
    const keys = createRemoteKeys({ url: server.url, pauseMs: 200 })
    expect(await found(keys, first.id)).toBe('found')
    server.keys = [first, second]
    const invented = await Promise.all(Array.from({ length: 100 }, (_, i) => found(keys, `x${i}`)))
    expect(new Set(invented)).toEqual(new Set(['unknown']))
    expect(server.asked).toBe(1)
    await new Promise(resolve => setTimeout(resolve, 250))
    expect(await found(keys, second.id)).toBe('found')
    expect(server.asked).toBe(2)
  })

  test('stay good while the issuer is away, and nobody can tell of others', async () => {
    const key = newKey()
    const server = await startIssuer(key)
    const causes: unknown[] = []
    const keys = createRemoteKeys({ url: server.url, pauseMs: 0, freshMs: 0, onError: cause => causes.push(cause) })
    expect(await found(keys, key.id)).toBe('found')
    server.answer = (_req, res) => res.writeHead(503).end()
    expect(await found(keys, 'other')).toBe('unavailable')
    expect(await found(keys, key.id)).toBe('found')
    expect(causes).not.toHaveLength(0)
  })

  test('that nobody could fetch yet make a token neither good nor bad', async () => {
    const server = await startIssuer()
    server.server.close()
    const verifier = createVerifier({ jwksUrl: server.url, issuer, audience })
    expect(await verifier.verify(tokenOf(newKey()))).toEqual({ ok: false, code: 'keys-unavailable' })
  })

  test('that were taken back open nothing any more, remembered tokens neither', async () => {
    const [first, second] = [newKey(), newKey()]
    const server = await startIssuer(first, second)
    const keys = createRemoteKeys({ url: server.url, pauseMs: 0, freshMs: 0 })
    await found(keys, first.id)
    const before = keys.get(second.id)
    server.keys = [second]
    await keys.find('other')
    expect(await found(keys, first.id)).toBe('unknown')
    // what was verified with the other key need not be verified again
    expect(keys.get(second.id)).toBe(before)
  })

  const answers: [string, RequestListener][] = [
    ['a page', (_req, res) => void res.end('<html>')],
    ['a set without end', (_req, res) => void res.end(`{"keys":[]}${' '.repeat(300_000)}`)],
    ['a set without a usable key', (_req, res) => void res.end('{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}')],
    ['an error', (_req, res) => void res.writeHead(404).end()],
    ['a connection that breaks', req => void req.socket.destroy()],
  ]
  test.each(answers)('are not taken from %s', async (_, answer) => {
    const key = newKey()
    const server = await startIssuer(key)
    server.answer = answer
    expect(await found(createRemoteKeys({ url: server.url }), key.id)).toBe('unavailable')
  })

  test('are not taken from where the issuer redirects to', async () => {
    const [key, own] = [newKey(), newKey()]
    const [elsewhere, server] = [await startIssuer(key), await startIssuer(own)]
    server.answer = (_req, res) => res.writeHead(302, { Location: elsewhere.url }).end()
    expect(await found(createRemoteKeys({ url: server.url }), key.id)).toBe('unavailable')
    expect(elsewhere.asked).toBe(0)
  })

  test('are not taken from a set that is too long, whatever is in it', async () => {
    const key = newKey()
    const server = await startIssuer(key)
    const padding = ' '.repeat(300_000)
    server.answer = (_req, res) => res.end(`${JSON.stringify({ keys: [publicJwk(key)] })}${padding}`)
    expect(await found(createRemoteKeys({ url: server.url }), key.id)).toBe('unavailable')
  })

  test('are asked for again before anybody is believed on an old set', async () => {
    const [first, second] = [newKey(), newKey()]
    const server = await startIssuer(first)
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0)
    const keys = createRemoteKeys({ url: server.url })
    expect(await found(keys, first.id)).toBe('found')
    server.keys = [second]
    // a service that was idle for days
    clock.mockReturnValue(3 * 86_400_000)
    expect(await Promise.all([found(keys, first.id), found(keys, first.id)])).toEqual(['unknown', 'unknown'])
    expect(server.asked).toBe(2)
    // and while the issuer is away, the last known ones are
    server.answer = (_req, res) => res.writeHead(503).end()
    clock.mockReturnValue(6 * 86_400_000)
    expect(await found(keys, second.id)).toBe('found')
    expect(keys.get(second.id)).toBeDefined()
    clock.mockRestore()
  })

  test('cost nobody anything when the one who is told of trouble throws', async () => {
    const server = await startIssuer(newKey())
    server.answer = (_req, res) => res.writeHead(503).end()
    const keys = createRemoteKeys({
      url: server.url,
      onError: () => {
        throw new Error('a log that is full')
      },
    })
    expect(await found(keys, 'x')).toBe('unavailable')
  })

  test.each(['ftp://127.0.0.1/', 'http://ada:secret@127.0.0.1/', 'no address'])('have no address %s', jwksUrl => {
    expect(() => createVerifier({ jwksUrl, issuer, audience })).toThrow()
  })

  test('are waited for three seconds, not for ever', async () => {
    const server = await startIssuer()
    server.answer = () => {}
    const causes: unknown[] = []
    const keys = createRemoteKeys({ url: server.url, onError: cause => causes.push(cause) })
    expect(await found(keys, 'x')).toBe('unavailable')
    expect(causes).toMatchObject([{ name: 'TimeoutError' }])
  })

  test('do not take the place of a secret', async () => {
    const secret = 'a secret of thirty-two bytes, or more'
    const server = await startIssuer()
    server.answer = (_req, res) =>
      res.end(
        JSON.stringify({
          keys: [publicJwk(newKey()), { kty: 'oct', kid: 'k', k: Buffer.from(secret).toString('base64url') }],
        }),
      )
    const verifier = createVerifier({ jwksUrl: server.url, issuer, audience })
    const token = jwt.sign({}, secret, { algorithm: 'HS256', header: { alg: 'HS256', typ: 'at+jwt', kid: 'k' } })
    expect(await verifier.verify(token)).toEqual({ ok: false, code: 'unknown-key' })
  })
})

describe('tokens of another OpenID Connect issuer', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rsaKey: Key = { id: 'r1', algorithm: 'RS256', key: rsa.publicKey }
  const seconds = () => Math.floor(Date.now() / 1000)
  const claims = () => ({
    iss: issuer,
    aud: ['api', 'account'],
    sub: 'u1',
    iat: seconds(),
    exp: seconds() + 7200,
    azp: 'web',
  })
  const sign = (content: object, header: object = {}) =>
    jwt.sign(content, rsa.privateKey, { algorithm: 'RS256', header: { alg: 'RS256', kid: 'r1', ...header } })
  const start = async () => {
    const server = await startIssuer(rsaKey)
    return createExternalVerifier({ jwksUrl: server.url, issuer, audience: 'api' })
  }

  test('are accepted with what such issuers write', async () => {
    const verifier = await start()
    expect(await verifier.verify(sign(claims()))).toEqual({ ok: true, claims: claims() })
    expect(await verifier.verify(sign({ ...claims(), scope: 'read' }, { typ: 'at+jwt' }))).toMatchObject({ ok: true })
  })

  test.each([
    ['another kind', {}, { typ: 'logout+jwt' }, 'malformed'],
    ['another audience', { aud: 'web' }, {}, 'wrong-audience'],
    ['another issuer', { iss: 'https://other.example.com' }, {}, 'wrong-issuer'],
    ['no subject', { sub: undefined }, {}, 'bad-claims'],
    ['more than a day', { exp: Math.floor(Date.now() / 1000) + 90_000 }, {}, 'bad-claims'],
    ['a scope that is a list', { scope: ['a'] }, {}, 'bad-claims'],
    ['a later beginning', { nbf: Math.floor(Date.now() / 1000) + 600 }, {}, 'not-yet-valid'],
    ['another key', {}, { kid: 'r2' }, 'unknown-key'],
    ['another algorithm of the key', {}, { alg: 'PS256' }, 'malformed'],
  ])('with %s are refused', async (_, change, header, code) => {
    const verifier = await start()
    expect(await verifier.verify(sign({ ...claims(), ...change }, header))).toEqual({ ok: false, code })
  })

  test('are not those of the pair, and the other way round', async () => {
    const key = newKey()
    const server = await startIssuer(rsaKey, key)
    const pair = createVerifier({ jwksUrl: server.url, issuer, audience: 'api' })
    expect(await pair.verify(sign(claims(), { typ: 'at+jwt' }))).toEqual({ ok: false, code: 'bad-claims' })
    expect(await pair.verify(sign(claims()))).toEqual({ ok: false, code: 'malformed' })
  })
})
