import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { secrets, signUp, startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import { freePort } from '@auth-pair/dev/free-port'
import jwt from 'jsonwebtoken'
import { blocks, page, type Service, startService, until, writeProject } from './guide-services.ts'
import { root, stopAll } from './pair.ts'

const variants = ['feed', 'keys', 'both', 'other-issuer', 'logged']
const { JWT_ACCESS_SECRET: secret } = secrets

/** An auth-server whose public URL is where it is. */
const startAtItsUrl = async (settings: Record<string, string> = {}): Promise<TestServer> => {
  const port = await freePort()
  return startAuthServer({ PUBLIC_URL: `http://127.0.0.1:${port}`, ...settings }, {}, port)
}

let auth: TestServer
beforeAll(async () => {
  auth = await startAtItsUrl()
})
afterEach(stopAll)
afterAll(() => auth.close())

/** A service of the page, on the auth-server of these tests unless another is named. */
const serve = (service: Omit<Service, 'authUrl' | 'secret'> & { readonly authUrl?: string }) =>
  startService({ authUrl: auth.url, secret, ...service })

/** A token as the auth-server signs it with the secret, for what it does not say itself. */
const signedWithSecret = (issuer: string) =>
  createSigner({ key: createKey(secret), issuer, audience: 'auth-pair' })({
    ...{ userId: randomUUID(), sessionId: randomBytes(16).toString('base64url'), now: Date.now(), lifeS: 60 },
  })

const refusal = (status: number, code: string, title: string, error = '', detail?: string) => ({
  status,
  // Fastify adds the only charset that there is for JSON
  type: expect.stringMatching(/^application\/problem\+json(; charset=utf-8)?$/),
  challenge: `Bearer realm="auth-pair"${error}`,
  cache: 'no-store',
  body: { type: `urn:auth-pair:problem:${code}`, title, status, code, ...(detail !== undefined && { detail }) },
})

describe('the guide to protecting a service', () => {
  test('has a test for every file, in every form', () => {
    const files = blocks.flatMap(({ attributes: { file, variant = '' } }) =>
      file ? [`${file} ${variant}`.trim()] : [],
    )
    expect(files.sort()).toEqual(
      [
        ...[
          'verifier.mjs',
          'express.mjs',
          'fastify.mjs',
          'hono.mjs',
          'http.mjs',
          'scopes.mjs',
          'scopes-http.mjs',
          'typed.ts',
        ],
        ...variants.map(variant => (variant === 'logged' ? 'express.mjs logged' : `verifier.mjs ${variant}`)),
      ].sort(),
    )
    for (const { language, attributes } of blocks)
      expect([language, !attributes.file]).toEqual([language, language === 'sh'])
  })

  test('is tried on both versions of Express that it names', () => {
    const versions = ['express', 'express-4'].map(
      name => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version,
    )
    expect(versions).toEqual([expect.stringMatching(/^5\./), expect.stringMatching(/^4\./)])
  })

  test.each<[string, Pick<Service, 'file' | 'express'>]>([
    ['Express 5', { file: 'express.mjs' }],
    ['Express 4', { file: 'express.mjs', express: 'express-4' }],
    ['Fastify', { file: 'fastify.mjs' }],
    ['Hono', { file: 'hono.mjs' }],
    ['node:http', { file: 'http.mjs' }],
    ['TypeScript', { file: 'typed.ts' }],
  ])('%s lets in who signed in, and refuses everybody else in the same words', async (_name, service) => {
    const { ask } = await serve(service)
    const { user, accessToken } = await signUp(auth)
    const good = await ask([`Bearer ${accessToken}`])
    expect([good.status, good.body]).toEqual([200, { user: user.id }])
    expect(await ask([])).toEqual(refusal(401, 'access-token-required', 'An access token is required'))
    const forged = createSigner({
      key: createKey(randomBytes(32).toString('hex')),
      issuer: auth.url,
      audience: 'auth-pair',
    })
    const token = forged({ userId: user.id, sessionId: 'x', now: Date.now(), lifeS: 60 })
    expect(await ask([`Bearer ${token}`])).toEqual(
      refusal(401, 'access-token-invalid', 'The access token is not valid', ', error="invalid_token"'),
    )
    expect(await ask([`Bearer ${accessToken}`, `Bearer ${accessToken}`])).toEqual(
      refusal(
        400,
        'ambiguous-credentials',
        'The request carries more than one credential',
        ', error="invalid_request"',
      ),
    )
    expect(await ask([`Bearer ${accessToken} x`])).toEqual(
      refusal(
        ...([400, 'malformed-request', 'The request could not be read', ', error="invalid_request"'] as const),
        'Send Authorization: Bearer, one space, the access token.',
      ),
    )
  })

  test('with the feed, a token ends with its session', async () => {
    const { running, statusOf } = await serve({ file: 'http.mjs', variant: 'feed' })
    await until(running, () => running.output().includes('revocation feed: connected'))
    const { accessToken, refreshToken } = await signUp(auth)
    expect(await statusOf(accessToken)).toBe(200)
    await auth.http.post('/api/signout').send({ refreshToken }).expect(204)
    await until(running, async () => (await statusOf(accessToken)) === 401)
  })

  test('with keys, the secret opens nothing; with both, it does', async () => {
    const pem = {
      privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
      publicKeyEncoding: { format: 'pem', type: 'spki' },
    } as const
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', ...pem })
    const server = await startAtItsUrl({ ACCESS_TOKEN_PRIVATE_KEY: privateKey })
    const { accessToken } = await signUp(server)
    const before = signedWithSecret(server.url)
    const keys = await serve({ file: 'fastify.mjs', variant: 'keys', authUrl: server.url })
    expect([await keys.statusOf(accessToken), await keys.statusOf(before)]).toEqual([200, 401])
    const both = await serve({ file: 'hono.mjs', variant: 'both', authUrl: server.url })
    expect([await both.statusOf(accessToken), await both.statusOf(before)]).toEqual([200, 200])
    await server.close()
  })

  test("another issuer's tokens are good, and those of the auth-server are not", async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }]
    const issuer = createServer((req, res) =>
      res.writeHead(req.url === '/certs' ? 200 : 404).end(JSON.stringify({ keys })),
    )
    await once(issuer.listen(0, '127.0.0.1'), 'listening')
    const otherIssuer = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`
    const { ask, statusOf } = await serve({ file: 'express.mjs', variant: 'other-issuer', otherIssuer })
    const sign = (audience: string) =>
      jwt.sign({}, privateKey, {
        algorithm: 'RS256',
        keyid: 'k1',
        issuer: otherIssuer,
        audience,
        subject: 'grace',
        expiresIn: 60,
      })
    expect(await ask([`Bearer ${sign('orders')}`])).toMatchObject({ status: 200, body: { user: 'grace' } })
    expect([await statusOf(sign('billing')), await statusOf((await signUp(auth)).accessToken)]).toEqual([401, 401])
    issuer.close()
  })

  test.each(['scopes.mjs', 'scopes-http.mjs'])('%s wants the scope, and says so', async file => {
    const { ask } = await serve({ file })
    const { accessToken, user } = await signUp(auth)
    expect(await ask([`Bearer ${accessToken}`], 'POST')).toEqual(
      refusal(
        403,
        'insufficient-scope',
        'The access token does not allow this',
        ', error="insufficient_scope", scope="orders:write"',
      ),
    )
    const { payload, header } = jwt.decode(accessToken, { complete: true }) as jwt.Jwt
    const scoped = jwt.sign({ ...(payload as object), scope: 'orders:read orders:write' }, secret, { header })
    expect(await ask([`Bearer ${scoped}`], 'POST')).toMatchObject({ status: 201, body: { user: user.id } })
  })

  test('what is refused is in the log, without the token', async () => {
    const { running, statusOf } = await serve({ file: 'express.mjs', variant: 'logged' })
    const token = signedWithSecret('https://elsewhere.example')
    expect(await statusOf(token)).toBe(401)
    await until(running, () => running.output().includes('refused: access-token-invalid wrong-issuer'))
    expect(running.output()).not.toContain(token.slice(-20))
  })

  test('its TypeScript is right', () => {
    const folder = writeProject({ file: 'typed.ts', authUrl: auth.url, secret })
    const compilerOptions = {
      target: 'esnext',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    }
    const options = { ...compilerOptions, allowImportingTsExtensions: true }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }))
    const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect([status, stdout]).toEqual([0, ''])
  })

  test('shows the answers that the package names', () => {
    const answers = (file: string) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .filter(line => /^\| `[a-z-]+` \| [45]\d\d \|/.test(line))
        .map(line => line.split('|').slice(1, 4))
    expect(answers(page)).toHaveLength(6)
    expect(answers(page)).toEqual(answers('packages/access-token/README.md'))
  })
})
