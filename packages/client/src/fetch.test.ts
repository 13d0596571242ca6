import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { freshEmail, goodPassword, startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import { createAuthClient } from './index.ts'
import { type Front, startFront } from './testing/front.ts'
import { movedClock } from './testing/moved-clock.ts'
import { type Service, startService } from './testing/service.ts'

let server: TestServer
let front: Front
let service: Service
beforeAll(async () => {
  server = await startAuthServer()
})
beforeEach(async () => {
  front = await startFront(server.url)
  service = await startService()
})
afterEach(async () => {
  await service.close()
  await front.close()
})
afterAll(() => server.close())

/** A user whose access token is old enough to be renewed after a 401. */
const signedIn = async () => {
  const { clock, ...time } = movedClock()
  const client = createAuthClient({ url: front.url, services: [service.url], clock })
  await client.signUp({ email: freshEmail(), password: goodPassword })
  time.pass(10_000)
  return { client, ...time }
}

const form = () => {
  const data = new FormData()
  data.set('name', 'Ada')
  return data
}

describe('client.fetch', () => {
  test.each<[string, () => RequestInit, RegExp]>([
    ['no body', () => ({}), /^$/],
    ['a string', () => ({ method: 'POST', body: 'twice' }), /^twice$/],
    ['JSON', () => ({ method: 'PUT', body: JSON.stringify({ a: 1 }), headers: { 'X-Mine': 'kept' } }), /^\{"a":1\}$/],
    ['a form', () => ({ method: 'POST', body: form() }), /name="name"\r\n\r\nAda/],
    ['parameters', () => ({ method: 'POST', body: new URLSearchParams({ a: '1' }) }), /^a=1$/],
    ['bytes', () => ({ method: 'POST', body: new Uint8Array([97, 98]) }), /^ab$/],
    ['a blob', () => ({ method: 'POST', body: new Blob(['blob']) }), /^blob$/],
  ])('sends a request with %s once more after a 401, with a new token', async (_what, init, body) => {
    const { client } = await signedIn()
    const old = await client.accessToken()
    service.refuse(1)
    const res = await client.fetch(`${service.url}/orders?a=b`, init())
    expect(res.status).toBe(200)
    expect(service.seen.map(({ token }) => token)).toEqual([old, await client.accessToken()])
    expect(service.seen[1]).toEqual({
      ...service.seen[0],
      token: await client.accessToken(),
      headers: expect.anything(),
    })
    expect(service.seen[1]).toMatchObject({
      url: '/orders?a=b',
      method: init().method ?? 'GET',
      body: expect.stringMatching(body),
    })
    expect(service.seen[1]?.headers['x-mine']).toBe(new Headers(init().headers).get('X-Mine') ?? undefined)
    expect(front.count('/api/refresh')).toBe(1)
  })

  test.each<[string, () => Request | RequestInit]>([
    ['a web stream', () => ({ method: 'POST', body: new Blob(['once']).stream(), duplex: 'half' }) as RequestInit],
    [
      'a Node stream',
      () => ({ method: 'POST', body: Readable.from(['once']), duplex: 'half' }) as unknown as RequestInit,
    ],
    ['a Request', () => new Request(service.url, { method: 'POST', body: 'once' })],
  ])('gives the 401 to the caller when the body was %s', async (_what, make) => {
    const { client } = await signedIn()
    service.refuse(1)
    const made = make()
    const res = made instanceof Request ? await client.fetch(made) : await client.fetch(service.url, made)
    expect([res.status, await res.text()]).toEqual([401, '{"code":"access-token-invalid"}'])
    expect([service.seen.length, service.seen[0]?.body, front.count('/api/refresh')]).toEqual([1, 'once', 0])
  })

  test('takes a Request without a body twice', async () => {
    const { client } = await signedIn()
    service.refuse(1)
    const res = await client.fetch(new Request(`${service.url}/x`, { headers: { 'X-Mine': 'kept' } }))
    expect([res.status, service.seen.length, service.seen[1]?.headers['x-mine']]).toEqual([200, 2, 'kept'])
  })

  test('gives a second 401 to the caller, and asks for no new token when the one in use is new', async () => {
    const { client, pass } = await signedIn()
    service.refuse(Number.POSITIVE_INFINITY)
    for (let i = 0; i < 5; i++) expect((await client.fetch(service.url)).status).toBe(401)
    expect([service.seen.length, front.count('/api/refresh')]).toEqual([6, 1])
    pass(10_000)
    expect((await client.fetch(service.url)).status).toBe(401)
    expect([service.seen.length, front.count('/api/refresh')]).toEqual([8, 2])
  })

  test('renews once when a hundred requests are refused together', async () => {
    const { client } = await signedIn()
    service.refuseToken(await client.accessToken())
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.fetch(service.url)))
    expect(new Set(answers.map(res => res.status))).toEqual(new Set([200]))
    expect([service.seen.length, front.count('/api/refresh')]).toEqual([200, 1])
  })

  test('sends nothing to an origin that is not among the services', async () => {
    const { client } = await signedIn()
    const stranger = await startService()
    const { port } = new URL(stranger.url)
    for (const address of [
      stranger.url,
      `http://localhost:${new URL(service.url).port}`,
      `//127.0.0.1:${port}/`,
      'data:,x',
    ])
      await expect(client.fetch(address)).rejects.toMatchObject({ code: 'foreign-origin' })
    await expect(client.fetch(new Request(stranger.url))).rejects.toThrow(
      `${stranger.url} is not among the services: no token is sent there.`,
    )
    expect(stranger.seen).toEqual([])
    await stranger.close()
  })

  test.each([302, 307])(
    'does not take the token along to another origin by a %d, nor renews it for what is refused there',
    async status => {
      const { client } = await signedIn()
      const stranger = await startService()
      stranger.refuse(1)
      service.redirect(status, `${stranger.url}/elsewhere`)
      expect((await client.fetch(service.url)).status).toBe(401)
      expect(service.seen.map(({ token }) => token)).toEqual([await client.accessToken()])
      expect(stranger.seen).toEqual([expect.objectContaining({ url: '/elsewhere', token: undefined })])
      expect(front.count('/api/refresh')).toBe(0)
      await stranger.close()
    },
  )

  test('gives the credentials of a sign-in and a refresh to nobody whom the auth-server’s address redirects to', async () => {
    const stranger = await startService()
    front.answer('/api/signin', (_req, res) => res.writeHead(307, { Location: `${stranger.url}/api/signin` }).end())
    const client = createAuthClient({ url: front.url, services: [stranger.url] })
    await expect(client.signIn({ email: freshEmail(), password: goodPassword })).rejects.toMatchObject({
      code: 'unexpected-answer',
    })
    expect(stranger.seen).toEqual([])
    await stranger.close()
  })

  test('ends with the signal of its caller', async () => {
    const { client } = await signedIn()
    await expect(client.fetch(service.url, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
    expect(service.seen).toEqual([])
  })
})

describe('a client', () => {
  test('shows no token, whoever looks at it or at its errors', async () => {
    const { client } = await signedIn()
    const tokens = [await client.accessToken(), (await client.accessToken()).split('.')[2] ?? '']
    front.answer('/api/signin', (_req, res) => res.writeHead(200).end(`{"accessToken": "${tokens[0]}`))
    const error = await client.signIn({ email: freshEmail(), password: goodPassword }).catch(reason => reason)
    expect(error).toMatchObject({ code: 'unexpected-answer', status: 200 })
    const foreign = await client.fetch('http://127.0.0.1:9').catch(reason => reason)
    for (const shown of [client, error, foreign].flatMap(it => [
      inspect(it, { depth: 9, showHidden: true }),
      JSON.stringify(it),
      String(it),
    ]))
      for (const token of tokens) expect(shown).not.toContain(token)
  })

  test.each([
    ['url', { url: 'auth.example.com' }],
    ['url', { url: 'ftp://auth.example.com' }],
    ['url', { url: 'https://ada:secret@auth.example.com' }],
    ['services', { url: 'https://auth.example.com', services: ['https://api.example.com/v1'] }],
    ['services', { url: 'https://auth.example.com', services: ['*'] }],
  ])('is not made when its %s is no origin: %j', (name, needs) => {
    expect(() => createAuthClient(needs)).toThrow(
      new TypeError(`${name}: write an origin, such as https://api.example.com, without a path.`),
    )
  })
})
