import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { createVerifierTokenSigner } from '@auth-pair/access-token'
import type { ConfigurationError } from '@auth-pair/service'
import { readConfig } from '../config.ts'
import { secrets, signUp, startAuthServer, type TestServer, testEnvironment } from '../testing/index.ts'

const secret = randomBytes(48).toString('base64')
const next = `${randomBytes(40).toString('base64')}:%+/`
let server: TestServer
beforeAll(async () => {
  server = await startAuthServer({ CLIENTS: `shop:${secret}, shop:${next}\ncli:${randomBytes(32).toString('hex')}` })
})
afterAll(() => server.close())

const serviceToken = (given: Partial<{ secret: string; issuer: string; now: () => number }> = {}) =>
  createVerifierTokenSigner({
    secret: secrets.JWT_ACCESS_SECRET,
    issuer: 'http://localhost:3000',
    now: Date.now,
    ...given,
  })('orders')
const basic = (id: string, password: string) => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`
const ask = (authorization?: string, on = server) => {
  const req = on.http.post('/api/introspect').type('form')
  if (authorization !== undefined) req.set('Authorization', authorization)
  return req.send('token=junk')
}
const challenges = 'Bearer realm="auth-pair", Basic realm="auth-pair", charset="UTF-8"'

describe('what is for services and clients', () => {
  test.each([
    ['a verifier token', () => `Bearer ${serviceToken()}`],
    ['the id and secret of a client', () => basic('shop', secret)],
    ['the same as RFC 6749 wants it encoded', () => basic('shop', encodeURIComponent(secret))],
    ['its other secret, while one takes the place of the other', () => basic('shop', next)],
    ['that one encoded', () => basic('shop', encodeURIComponent(next))],
    ['a scheme in small letters', () => basic('shop', secret).replace('Basic', 'basic')],
  ])('is open with %s', async (_what, authorization) => {
    expect((await ask(authorization())).body).toEqual({ active: false })
  })

  test.each([
    ['nothing', () => undefined],
    ['another scheme', () => `Digest ${secret}`],
    ['junk', () => 'Bearer junk'],
    ['a verifier token signed with another secret', () => `Bearer ${serviceToken({ secret: secret })}`],
    ['a verifier token of an hour ago', () => `Bearer ${serviceToken({ now: () => Date.now() - 3_600_000 })}`],
    ['a verifier token for another issuer', () => `Bearer ${serviceToken({ issuer: 'https://other.example' })}`],
    ['a wrong secret', () => basic('shop', `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`)],
    ['an empty secret', () => basic('shop', '')],
    ['an unknown client', () => basic('shopp', secret)],
    ['no client, and no secret', () => basic('nobody', '')],
    ['what every object has', () => basic('constructor', secret)],
    ['the secret of another client', () => basic('cli', secret)],
    ['no colon', () => `Basic ${Buffer.from('shop').toString('base64')}`],
    ['what is no base64', () => `Basic shop:${secret}`],
    ['broken percent signs', () => basic('shop', '%zz')],
  ])('is closed with %s', async (_what, authorization) => {
    const res = await ask(authorization())
    expect([res.status, res.body.code, res.body.error]).toEqual([
      401,
      'client-authentication-required',
      'invalid_client',
    ])
    expect(res.headers['www-authenticate']).toBe(challenges)
    expect(res.text).not.toContain(secret)
  })

  test('is closed to users, and to clients that show themselves in the body', async () => {
    const { accessToken } = await signUp(server)
    expect((await ask(`Bearer ${accessToken}`)).status).toBe(401)
    const form = { token: 'junk', client_id: 'shop', client_secret: secret }
    expect((await server.http.post('/api/introspect').type('form').send(form)).status).toBe(401)
    const cookie = { Cookie: `xid_access=${accessToken}` }
    expect((await server.http.post('/api/introspect').set(cookie).type('form').send('token=junk')).status).toBe(401)
  })

  test('is closed to two credentials at once', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = ['Host', 'localhost', 'Authorization', basic('shop', secret), 'Authorization', 'Bearer junk']
      const req = httpRequest(`${server.url}/api/introspect`, { method: 'POST', headers }, res => {
        res.resume()
        resolve(res.statusCode)
      })
      req.on('error', reject)
      req.end()
    })
    expect(status).toBe(400)
  })

  test('secrets are in no log', async () => {
    await ask(basic('shop', `${secret}x`))
    expect(server.logText()).not.toContain(secret)
    expect(server.logText()).not.toContain(basic('shop', secret).slice(6))
  })
})

describe('calls with wrong credentials', () => {
  test('have a limit by address, which holds up nobody whose credentials are right', async () => {
    const limited = await startAuthServer({ LIMIT_FAILED_CALLERS: '3/600', CLIENTS: `shop:${secret}` })
    try {
      const answers = []
      for (const authorization of [undefined, 'Bearer junk', basic('shop', 'wrong'), basic('x', 'y'), undefined]) {
        const res = await ask(authorization, limited)
        answers.push(res.status)
        if (res.status === 429) expect(res.headers['ratelimit-policy']).toBe('"failed-callers";q=3;w=600')
      }
      expect(answers).toEqual([401, 401, 401, 429, 429])
      expect((await ask(basic('shop', secret), limited)).status).toBe(200)
      expect((await ask(`Bearer ${serviceToken()}`, limited)).status).toBe(200)
    } finally {
      await limited.close()
    }
  })
})

describe('the setting CLIENTS', () => {
  const read = (CLIENTS: string) => readConfig({ ...testEnvironment(), CLIENTS }).clients
  const complaint = (value: string): string => {
    try {
      read(value)
    } catch (error) {
      return (error as ConfigurationError).complaints.join()
    }
    return 'none'
  }

  test('names clients by id and secret, of which there may be a colon in the second', () => {
    expect(read(`a.b:${next}, c:${secret}`)).toEqual([
      { id: 'a.b', secret: next },
      { id: 'c', secret },
    ])
    expect(read('')).toEqual([])
  })

  test.each(['shop', ':x', `a b:${secret}`, 'shop:short-canary', `shop:${'canary'.repeat(10)}`, `a:${secret},b`])(
    'is refused as %j, without its secrets',
    value => {
      expect(complaint(value)).toMatch(/^CLIENTS has to /)
      expect(complaint(value)).not.toMatch(/canary/)
    },
  )
})
