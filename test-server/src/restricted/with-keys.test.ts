import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKey, createSigner, createSigningKey, publicJwk } from '@auth-pair/access-token/sign'
import { memoryLog, serve } from '@auth-pair/service/testing'
import request from 'supertest'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'

const [present, previous] = [randomBytes(48).toString('base64'), randomBytes(48).toString('base64')]
const key = createSigningKey(
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  }).privateKey,
)

/** An auth-server as far as its keys go, which can be put out of order. */
const serveKeys = async () => {
  let isAway = false
  const server = createServer((_req, res) => {
    res.statusCode = isAway ? 503 : 200
    res.end(JSON.stringify({ keys: [publicJwk(key)] }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
    goAway: () => {
      isAway = true
    },
  }
}

const startWithKeys = async (jwksUrl: string, settings: Record<string, string> = {}) => {
  const config = readConfig({ JWT_ACCESS_SECRET: present, ACCESS_TOKEN_JWKS_URL: jwksUrl, ...settings })
  const { log, text } = memoryLog()
  const server = await serve(createApp({ config, log }).app)
  const ask = async (signedWith: typeof key) => {
    const sign = createSigner({ key: signedWith, ...config.accessToken })
    const token = sign({ userId: randomUUID(), sessionId: 'x', now: Date.now(), lifeS: 300 })
    const res = await request(server.url).get('/api/restricted').set('Authorization', `Bearer ${token}`)
    return [res.status, res.body.code]
  }
  return { ask, text, close: server.close }
}

describe('a service with ACCESS_TOKEN_JWKS_URL', () => {
  test('accepts what the key has signed and what the previous secret has, and not what the present one has', async () => {
    const keys = await serveKeys()
    const before = await startWithKeys(keys.url, { JWT_ACCESS_SECRET_PREVIOUS: previous })
    expect(await before.ask(key)).toEqual([200, undefined])
    expect(await before.ask(createKey(previous))).toEqual([200, undefined])
    expect(await before.ask(createKey(present))).toEqual([401, 'access-token-invalid'])
    // while a key takes the place of the secret
    const moving = await startWithKeys(keys.url, { JWT_ACCESS_SECRET_PREVIOUS: present })
    expect(await moving.ask(createKey(present))).toEqual([200, undefined])
    const after = await startWithKeys(keys.url)
    expect(await after.ask(key)).toEqual([200, undefined])
    expect(await after.ask(createKey(present))).toEqual([401, 'access-token-invalid'])
    await Promise.all([before, moving, after, keys].map(each => each.close()))
  })

  test('that has no keys yet, and cannot fetch them, refuses nobody: 503', async () => {
    const keys = await serveKeys()
    keys.goAway()
    const service = await startWithKeys(keys.url, { JWT_ACCESS_SECRET_PREVIOUS: previous })
    expect(await service.ask(key)).toEqual([503, 'unavailable'])
    // for these no key has to be fetched
    expect(await service.ask(createKey(previous))).toEqual([200, undefined])
    expect(service.text()).toContain("the auth-server's keys cannot be fetched")
    await Promise.all([service, keys].map(each => each.close()))
  })

  test('goes on with the keys it knows when the auth-server is away', async () => {
    const keys = await serveKeys()
    const service = await startWithKeys(keys.url)
    expect(await service.ask(key)).toEqual([200, undefined])
    keys.goAway()
    await keys.close()
    expect(await service.ask(key)).toEqual([200, undefined])
    await service.close()
  })
})

describe('the settings of keys', () => {
  const good = { JWT_ACCESS_SECRET: present, ACCESS_TOKEN_JWKS_URL: 'http://auth-server:3000/.well-known/jwks.json' }

  test.each([
    'auth-server',
    'ftp://auth-server/jwks.json',
    '/.well-known/jwks.json',
    'http://ada:secret@auth-server/jwks.json',
  ])('%s is no address', url => {
    expect(() => readConfig({ ...good, ACCESS_TOKEN_JWKS_URL: url })).toThrow(/ACCESS_TOKEN_JWKS_URL has to be a URL/)
  })

  test('the previous secret may be the present one only with keys', () => {
    expect(readConfig({ ...good, JWT_ACCESS_SECRET_PREVIOUS: present }).accessToken.secrets).toEqual([present])
    expect(() => readConfig({ JWT_ACCESS_SECRET: present, JWT_ACCESS_SECRET_PREVIOUS: present })).toThrow(
      /has to differ/,
    )
  })

  test('a misspelled name is a complaint, and those of the auth-server are not', () => {
    for (const name of ['ACCESS_TOKEN_JWKS_URI', 'ACCESS_TOKEN_JWKS_URL_FILE', 'ACCESS_TOKEN_KEYS'])
      expect(() => readConfig({ ...good, [name]: 'x' })).toThrow(`${name} is not a setting`)
    const shared = { ACCESS_TOKEN_PRIVATE_KEY: 'x', ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS_FILE: 'x' }
    expect(readConfig({ ...good, ...shared }).accessToken.jwksUrl).toBe(good.ACCESS_TOKEN_JWKS_URL)
  })
})
