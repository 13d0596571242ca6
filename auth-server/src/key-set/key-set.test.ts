import { createVerifier } from '@auth-pair/access-token'
import { createKey, createSigner, createSigningKey } from '@auth-pair/access-token/sign'
import { makeKey } from '../../commands/keys/make-key.ts'
import { secrets, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

const newPem = (kind: 'ES256' | 'EdDSA') => makeKey(kind).value

const whoAmI = async (server: TestServer, token: string) => {
  const res = await server.http.get('/api/auth/user').set('Authorization', `Bearer ${token}`)
  return res.status
}

test('without a private key there are no public ones', async () => {
  const server = await startAuthServer()
  const res = await server.http.get('/.well-known/jwks.json')
  expect([res.status, res.body]).toEqual([200, { keys: [] }])
  await server.close()
})

describe.each(['ES256', 'EdDSA'] as const)('an auth-server with a private key for %s', algorithm => {
  const [pem, before] = [newPem(algorithm), newPem('ES256')]
  let server: TestServer
  beforeAll(async () => {
    server = await startAuthServer({
      // as it stands in a .env
      ACCESS_TOKEN_PRIVATE_KEY: pem.replaceAll('\n', '\\n'),
      ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: before,
    })
  })
  afterAll(() => server.close())

  test('publishes the public halves of its keys, and nothing private', async () => {
    const res = await server.http.get('/.well-known/jwks.json')
    expect(res.body.keys).toMatchObject([
      { kid: createSigningKey(pem).id, alg: algorithm, use: 'sig' },
      { kid: createSigningKey(before).id, alg: 'ES256', use: 'sig' },
    ])
    for (const key of res.body.keys) expect(Object.keys(key)).not.toContain('d')
  })

  test('signs with it, and services verify with what it publishes', async () => {
    const { issuer, audience } = server.config.accessToken
    const verifier = createVerifier({ jwksUrl: `${server.url}/.well-known/jwks.json`, issuer, audience })
    const { accessToken, refreshToken, user } = await signUp(server)
    expect(await verifier.verify(accessToken)).toMatchObject({ ok: true, claims: { sub: user.id } })
    expect(await whoAmI(server, accessToken)).toBe(200)
    const refreshed = await server.http.post('/api/refresh').send({ refreshToken })
    expect((await verifier.verify(refreshed.body.accessToken)).ok).toBe(true)
  })

  test('accepts tokens of its other key, but none that a service could have signed', async () => {
    const { issuer, audience, serviceSecrets } = server.config.accessToken
    expect(serviceSecrets).toEqual([secrets.JWT_ACCESS_SECRET])
    const { accessToken, user } = await signUp(server)
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] as string, 'base64url').toString())
    const token = { userId: user.id, sessionId: claims.sid, now: Date.now(), lifeS: 60 }
    const older = createSigner({ key: createSigningKey(before), issuer, audience })
    expect(await whoAmI(server, older(token))).toBe(200)
    // it still opens the feed
    const byService = createSigner({ ...server.config.accessToken, key: createKey(secrets.JWT_ACCESS_SECRET) })
    expect(await whoAmI(server, byService(token))).toBe(401)
  })
})

test('the secret goes on verifying beside a private key while one takes the place of the other', async () => {
  const server = await startAuthServer({
    ACCESS_TOKEN_PRIVATE_KEY: newPem('ES256'),
    JWT_ACCESS_SECRET_PREVIOUS: secrets.JWT_ACCESS_SECRET,
  })
  const { accessToken, user } = await signUp(server)
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] as string, 'base64url').toString())
  const sign = createSigner({ ...server.config.accessToken, key: createKey(secrets.JWT_ACCESS_SECRET) })
  const token = sign({ userId: user.id, sessionId: claims.sid, now: Date.now(), lifeS: 60 })
  expect(await whoAmI(server, token)).toBe(200)
  await server.close()
})

test('a key that is announced is published and accepted before it signs', async () => {
  const next = newPem('EdDSA')
  const server = await startAuthServer({ ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: next })
  const { accessToken } = await signUp(server)
  const header = JSON.parse(Buffer.from(accessToken.split('.')[0] as string, 'base64url').toString())
  expect(header.alg).toBe('HS256')
  const res = await server.http.get('/.well-known/jwks.json')
  expect(res.body.keys).toMatchObject([{ kid: createSigningKey(next).id }])
  await server.close()
})
