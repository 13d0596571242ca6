import { gzipSync } from 'node:zlib'
import { sendRaw } from '@auth-pair/service/testing'
import { changeable } from '../testing/ask-graphql.ts'
import { setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

const logout = '{ logout }'
let server: TestServer
let user: { id: string }
let refreshToken: string
let before: object
beforeAll(async () => {
  server = await startAuthServer({ CORS_ORIGINS: 'https://front.example' })
})
afterAll(() => server.close())
beforeEach(async () => {
  ;({ user, refreshToken } = await signUp(server))
  before = await changeable(server, user.id)
})

const nothingIsDone = async () => expect(await changeable(server, user.id)).toEqual(before)

/** With the refresh token of a session, which `logout` would end. */
const post = (path = '/graphql') => server.http.post(path).set('Authorization', `Bearer ${refreshToken}`)
const raw = (headers: string, body: string | Buffer) =>
  sendRaw(
    server.port,
    Buffer.concat([
      Buffer.from(
        `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${refreshToken}\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n`,
      ),
      Buffer.from(body),
    ]),
  )

describe('a document', () => {
  test.each([
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(logout)}`],
    ['application/x-www-form-urlencoded', JSON.stringify({ query: logout })],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${logout}\r\n--x--\r\n`,
    ],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: logout })}\r\n--x--\r\n`,
    ],
    ['text/plain', JSON.stringify({ query: logout })],
    ['text/plain; application/json', JSON.stringify({ query: logout })],
    ['application/graphql', logout],
    ['application/graphql+json', JSON.stringify({ query: logout })],
    ['application/graphql-response+json', JSON.stringify({ query: logout })],
    ['application/json; charset=utf-16', JSON.stringify({ query: logout })],
    ['application/jsonp', JSON.stringify({ query: logout })],
    ['*/*', JSON.stringify({ query: logout })],
  ])('as %s is not read', async (type, body) => {
    const res = await post().set('Content-Type', type).send(body)
    expect([res.status, res.body.code]).toEqual([415, 'unsupported-media-type'])
    await nothingIsDone()
  })

  test('of no type is not read', async () => {
    expect(await raw('', JSON.stringify({ query: logout }))).toMatch(/^HTTP\/1.1 415 /)
    await nothingIsDone()
  })

  test.each(['gzip', 'deflate', 'br', 'identity'])('compressed by %s is not read', async encoding => {
    const answer = await raw(
      `Content-Type: application/json\r\nContent-Encoding: ${encoding}\r\n`,
      gzipSync(JSON.stringify({ query: logout })),
    )
    expect(answer).toMatch(/^HTTP\/1.1 415 /)
    await nothingIsDone()
  })

  test('in the address is not looked at, whatever the method', async () => {
    const address = `/graphql?query=${encodeURIComponent(logout)}`
    for (const method of ['get', 'head', 'put', 'patch', 'delete'] as const) {
      const res = await server.http[method](address).set('Authorization', `Bearer ${refreshToken}`)
      expect([method, res.status, res.headers.allow]).toEqual([method, 405, 'POST, OPTIONS'])
    }
    const { body } = await post(address).send({})
    expect(body).toMatchObject({
      errors: [{ message: 'Must provide query string.', extensions: { code: 'invalid-input' } }],
    })
    expect((await post(address).send({ query: '{ __typename }' })).body).toEqual({ data: { __typename: 'Query' } })
    await nothingIsDone()
  })

  test.each([
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://localhost:3000.evil.example' },
    { Origin: 'http://localhost:4000' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  ])('of a page of another site is refused: %j', async headers => {
    const res = await post().set(headers).send({ query: logout })
    expect([res.status, res.body.code]).toEqual([403, 'cross-site-request'])
    expect(res.headers).not.toHaveProperty('access-control-allow-origin')
    await nothingIsDone()
  })

  test.each([
    { Origin: 'http://localhost:3000' },
    { 'Sec-Fetch-Site': 'same-origin' },
    { Origin: 'https://front.example', 'Sec-Fetch-Site': 'cross-site' },
  ])('of a page of this site, or of one that may call, is not: %j', async headers => {
    const res = await post().set(headers).send({ query: logout })
    expect(res.body).toEqual({ data: { logout: true } })
  })

  test('finds no credentials in cookies, and sets none', async () => {
    const up = await signUp(server, { tokenTransport: 'cookie' })
    const cookies = setCookies(up.res).map(cookie => cookie.split(';', 1)[0])
    const ask = (query: string) => server.http.post('/graphql').set('Cookie', cookies.join('; ')).send({ query })
    const sessions = await server.redis.hgetall(`sessions:{${up.user.id}}`)
    const answers = [
      await ask('{ me { id } }'),
      await ask(logout),
      await ask('mutation { refreshTokens { accessToken } }'),
    ]
    expect(answers.map(({ body }) => body.errors?.[0].extensions.code)).toEqual([
      'access-token-required',
      undefined,
      'session-ended',
    ])
    expect(answers.flatMap(setCookies)).toEqual([])
    expect(await server.redis.hgetall(`sessions:{${up.user.id}}`)).toEqual(sessions)
  })
})
