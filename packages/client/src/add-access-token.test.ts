import { Readable } from 'node:stream'
import { freshEmail, goodPassword, startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import axios, { type AxiosError } from 'axios'
import { addAccessToken, createAuthClient } from './index.ts'
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

const signedIn = async (more: string[] = []) => {
  const { clock, pass } = movedClock()
  const client = createAuthClient({ url: front.url, services: [service.url, ...more], clock })
  await client.signUp({ email: freshEmail(), password: goodPassword })
  pass(10_000)
  const http = axios.create({ baseURL: service.url })
  addAccessToken(http, client)
  return { client, http }
}

const form = () => {
  const data = new FormData()
  data.set('name', 'Ada')
  return data
}

describe('an axios instance with the access token', () => {
  test.each<[string, unknown, RegExp]>([
    ['JSON', { name: 'Ada' }, /^\{"name":"Ada"\}$/],
    ['a string', 'Ada', /^Ada$/],
    ['a form', form(), /name="name"\r\n\r\nAda/],
    ['parameters', new URLSearchParams({ a: '1' }), /^a=1$/],
  ])('sends %s once more after a 401, with a new token', async (_what, data, body) => {
    const { client, http } = await signedIn()
    const old = await client.accessToken()
    service.refuse(1)
    const res = await http.post('/orders', data, { params: { a: 'b' }, headers: { 'X-Mine': 'kept' } })
    expect([res.status, res.data]).toEqual([200, { fine: true }])
    expect(
      service.seen.map(({ token, url, body: sent, headers }) => [token, url, body.test(sent), headers['x-mine']]),
    ).toEqual([
      [old, '/orders?a=b', true, 'kept'],
      [await client.accessToken(), '/orders?a=b', true, 'kept'],
    ])
    expect(front.count('/api/refresh')).toBe(1)
  })

  test('gives a second 401 to its caller, also to one who takes it for an answer', async () => {
    const { http } = await signedIn()
    service.refuse(Number.POSITIVE_INFINITY)
    await expect(http.get('/')).rejects.toMatchObject({ response: { status: 401 } })
    expect((await http.get('/', { validateStatus: () => true })).status).toBe(401)
    expect([service.seen.length, front.count('/api/refresh')]).toEqual([3, 1])
  })

  test('takes a 401 for what it is where the caller does', async () => {
    const { http } = await signedIn()
    service.refuse(1)
    expect((await http.get('/', { validateStatus: () => true })).status).toBe(200)
  })

  test('does not send a stream twice', async () => {
    const { http } = await signedIn()
    service.refuse(1)
    await expect(http.post('/', Readable.from(['once']))).rejects.toMatchObject({ response: { status: 401 } })
    expect(service.seen.map(({ body }) => body)).toEqual(['once'])
  })

  test('sends nothing to an origin that is not among the services', async () => {
    const { http } = await signedIn()
    await expect(http.get('http://127.0.0.1:9/')).rejects.toMatchObject({ code: 'foreign-origin' })
    await expect(http.get('/', { baseURL: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'foreign-origin' })
  })

  test('does not take the token along to a subdomain', async () => {
    const { port } = new URL(service.url)
    const { http } = await signedIn([`http://example.test:${port}`])
    service.redirect(302, `http://sub.example.test:${port}/x`)
    const lookup = (_name: string, _options: object, found: (error: null, address: string, family: 4) => void) =>
      found(null, '127.0.0.1', 4)
    const res = await http.get(`http://example.test:${port}/`, { lookup } as object)
    expect([res.status, service.seen.map(({ token, headers }) => [headers.host, token])]).toEqual([
      200,
      [
        [`example.test:${port}`, expect.stringMatching(/^ey/)],
        [`sub.example.test:${port}`, undefined],
      ],
    ])
  })

  test.each([302, 307])('is not renewed for what is refused at another origin, after a %d', async status => {
    const { http } = await signedIn()
    const stranger = await startService()
    stranger.refuse(Number.POSITIVE_INFINITY)
    service.redirect(status, `${stranger.url}/elsewhere`)
    await expect(http.post('/', 'once')).rejects.toMatchObject({ response: { status: 401 } })
    expect([service.seen.length, stranger.seen.length, front.count('/api/refresh')]).toEqual([1, 1, 0])
    expect(stranger.seen[0]).toMatchObject({ url: '/elsewhere', token: undefined })
    await stranger.close()
    // at its own, it is
    service.redirect(status, `${service.url}/here`)
    service.refuse(1)
    expect((await http.post('/', 'once')).status).toBe(200)
    expect(front.count('/api/refresh')).toBe(1)
  })

  test('prints its errors as JSON without the token', async () => {
    const { client, http } = await signedIn()
    service.refuse(Number.POSITIVE_INFINITY)
    const error = (await http.get('/').catch(reason => reason)) as AxiosError
    expect(error.config?.headers.get('Authorization')).toContain(await client.accessToken())
    expect(JSON.stringify(error)).not.toContain(await client.accessToken())
  })
})
