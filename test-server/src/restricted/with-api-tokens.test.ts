import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createApiToken, createVerifierTokenCheck } from '@auth-pair/access-token/pair'
import { memoryLog, serve } from '@auth-pair/service/testing'
import request from 'supertest'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'

const secret = randomBytes(48).toString('base64')
const issuer = 'http://localhost:3000'
const known = createApiToken()

/** An auth-server as far as its introspection goes: it knows one token. Which service asked is in `askedBy`. */
const serveIntrospection = async () => {
  const state = { isAway: false, askedBy: [] as unknown[] }
  const check = createVerifierTokenCheck({ secrets: [secret], issuer, now: Date.now })
  const server = createServer(async (req, res) => {
    const isKnown = (await text(req)) === `token=${known}`
    const service = check(req.headers.authorization?.replace('Bearer ', '') ?? '')
    state.askedBy.push(service)
    if (state.isAway || req.url !== '/api/introspect') return res.writeHead(503).end()
    if (service === undefined) return res.writeHead(401).end()
    const claims = { iss: issuer, aud: 'auth-pair', sub: 'ada', sid: 'x', jti: 'x', iat: 1_700_000_000 }
    res.end(JSON.stringify(isKnown ? { active: true, ...claims } : { active: false }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  })
}

const start = async (settings: Record<string, string>) => {
  const { log, text: logText } = memoryLog()
  const server = await serve(createApp({ config: readConfig({ JWT_ACCESS_SECRET: secret, ...settings }), log }).app)
  const ask = async (token: string) => {
    const { status, body, headers } = await request(server.url)
      .get('/api/restricted')
      .set('Authorization', `Bearer ${token}`)
    return { status, body, headers }
  }
  return { ask, logText, close: server.close }
}

describe('GET /api/restricted with an API token', () => {
  test('answers whose token the auth-server knows, and nobody else', async () => {
    const auth = await serveIntrospection()
    const { ask, close, logText } = await start({ AUTH_SERVER_URL: auth.url })
    const good = await ask(known)
    expect([good.status, good.body.user]).toEqual([200, { id: 'ada' }])
    expect(auth.askedBy).toEqual(['test-server'])
    const other = createApiToken()
    const bad = await ask(other)
    expect([bad.status, bad.body.code, bad.headers['www-authenticate']]).toEqual([
      401,
      'access-token-invalid',
      'Bearer realm="auth-pair", error="invalid_token"',
    ])
    for (const token of [known, other]) expect(logText() + JSON.stringify(bad)).not.toContain(token)
    await Promise.all([auth.close(), close()])
  })

  test('is 503 while the auth-server cannot be asked, and the log says so once', async () => {
    const auth = await serveIntrospection()
    const { ask, close, logText } = await start({ AUTH_SERVER_URL: auth.url })
    auth.isAway = true
    for (let i = 0; i < 5; i++) {
      const { status, body, headers } = await ask(known)
      expect([status, body.code, headers['retry-after'], headers['www-authenticate']]).toEqual([
        ...[503, 'unavailable', '2', undefined],
      ])
    }
    expect(logText().split('the auth-server cannot be asked about API tokens')).toHaveLength(2)
    await Promise.all([auth.close(), close()])
  })

  test('is 503, and the log says what to compare, with another secret than the auth-server has', async () => {
    const auth = await serveIntrospection()
    const settings = { AUTH_SERVER_URL: auth.url, JWT_ACCESS_SECRET: randomBytes(48).toString('base64') }
    const { ask, close, logText } = await start(settings)
    expect((await ask(known)).status).toBe(503)
    expect(logText()).toContain('compare secret, issuer and clock')
    await Promise.all([auth.close(), close()])
  })

  test('is 401 where no auth-server is named', async () => {
    const { ask, close } = await start({})
    expect((await ask(known)).status).toBe(401)
    await close()
  })
})
