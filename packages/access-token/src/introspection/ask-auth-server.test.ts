import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createApiToken } from '../api-token.ts'
import { audience, type IntrospectingServer, issuer, startIntrospecting } from '../testing/introspecting-server.ts'
import { createVerifierTokenCheck } from '../verifier-token.ts'
import { createAsk, type IntrospectionNeeds } from './ask-auth-server.ts'

const secret = randomBytes(48).toString('base64')
const token = createApiToken()

let server: IntrospectingServer
beforeEach(async () => {
  server = await startIntrospecting()
})
afterEach(() => server.close())

const asking = (needs: Partial<IntrospectionNeeds> = {}) =>
  createAsk({ url: server.url, secret, service: 'orders', ...needs } as IntrospectionNeeds, { issuer, now: Date.now })

describe('the question about an API token', () => {
  test('is a form, and shows that the service belongs to the auth-server', async () => {
    expect(await asking()(token)).toMatchObject({ active: true, claims: { sub: 'u1', aud: audience } })
    const [question] = server.questions
    expect(question).toMatchObject({
      method: 'POST',
      path: '/api/introspect',
      type: 'application/x-www-form-urlencoded',
      body: `token=${token}`,
    })
    const check = createVerifierTokenCheck({ secrets: [secret], issuer, now: Date.now })
    expect(check(question?.authorization?.replace('Bearer ', '') ?? '')).toBe('orders')
  })

  test('of a client carries its id and secret, as RFC 6749, section 2.3.1, writes them', async () => {
    const needs = { url: server.url, clientId: 'shop:1', clientSecret: 'a+b/c=%é' }
    await createAsk(needs, { issuer, now: Date.now })(token)
    const basic = Buffer.from(server.questions[0]?.authorization?.replace('Basic ', '') ?? '', 'base64').toString()
    expect(basic).toBe('shop%3A1:a%2Bb%2Fc%3D%25%C3%A9')
  })

  test('goes over a connection that is kept', async () => {
    const ask = asking()
    for (let i = 0; i < 20; i++) await ask(token)
    expect(server.questions).toHaveLength(20)
    // the next question may come before fetch has put the first connection back
    expect(server.connections()).toBeLessThan(4)
  })

  test('is asked once more when the connection broke, and no third time', async () => {
    server.answer = (req, res) => {
      if (server.questions.length === 1) req.socket.destroy()
      else res.end('{"active":false}')
    }
    expect(await asking()(token)).toEqual({ active: false })
    server.answer = req => void req.socket.destroy()
    await expect(asking()(token)).rejects.toThrow()
    expect(server.questions).toHaveLength(4)
  })

  const noAnswers: [string, RequestListener, string][] = [
    ['an error', (_req, res) => res.writeHead(503).end('{"active":false}'), 'answered with 503'],
    ['too many questions', (_req, res) => res.writeHead(429).end('{"active":false}'), 'answered with 429'],
    [
      'refused credentials',
      (_req, res) => res.writeHead(401).end('{"active":false}'),
      'compare secret, issuer and clock',
    ],
    ['another server', (_req, res) => res.writeHead(404).end(), 'is not at this address'],
    ['no content', (_req, res) => res.writeHead(204).end(), 'answered with 204'],
    ['a page', (_req, res) => void res.end('<html>'), 'no introspection response'],
    ['JSON that says nothing', (_req, res) => void res.end('{}'), 'no introspection response'],
    ['an answer without end', (_req, res) => void res.end(`{"active":false}${' '.repeat(65_536)}`), 'too long'],
  ]
  test.each(noAnswers)('is not answered by %s', async (_name, answer, sentence) => {
    server.answer = answer
    await expect(asking()(token)).rejects.toThrow(sentence)
  })

  test('does not go where a redirection points to', async () => {
    const elsewhere = await startIntrospecting()
    for (const status of [301, 302, 303, 307, 308]) {
      server.answer = (_req, res) => res.writeHead(status, { Location: `${elsewhere.url}/api/introspect` }).end()
      await expect(asking()(token)).rejects.toThrow(`answered with ${status}`)
    }
    expect(elsewhere.questions).toHaveLength(0)
    await elsewhere.close()
  })

  test.each<[string, RequestListener]>([
    ['nothing comes', () => {}],
    ['an answer begins and does not end', (_req, res) => void res.writeHead(200).write('{"active":')],
  ])('is waited for two seconds when %s', async (_name, answer) => {
    server.answer = answer
    const began = performance.now()
    await expect(asking()(token)).rejects.toMatchObject({ name: 'TimeoutError' })
    const tookMs = performance.now() - began
    expect([tookMs > 1900, tookMs < 4000]).toEqual([true, true])
    expect(server.questions).toHaveLength(1)
  })

  test('that nobody takes is no answer', async () => {
    const ask = asking()
    await server.close()
    await expect(ask(token)).rejects.toThrow()
    server = await startIntrospecting()
  })

  test.each<[string, Record<string, unknown>]>([
    ['no address', { url: 'auth-server' }],
    ['an address that fetch does not know', { url: 'ftp://auth-server' }],
    ['an address with a password', { url: 'http://ada:secret@auth-server' }],
    ['an address with a path', { url: 'http://auth-server/api/introspect' }],
    ['a secret that is too short', { secret: 'short' }],
    ['no name', { service: '' }],
  ])('cannot be asked with %s, which is found out at the start', (_name, needs) =>
    expect(() => asking(needs)).toThrow(),
  )

  test.each([{}, { clientId: 'x' }, { clientId: 'x', clientSecret: '' }])(
    'cannot be asked as nobody: %j',
    credentials =>
      expect(() =>
        createAsk({ url: server.url, ...credentials } as IntrospectionNeeds, { issuer, now: Date.now }),
      ).toThrow('Introspection needs a secret, or clientId and clientSecret.'),
  )

  test('that fails does not show the token', async () => {
    server.answer = (_req, res) => res.end(server.questions[0]?.body)
    const error = await asking()(token).catch(cause => cause)
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(token)
  })
})
