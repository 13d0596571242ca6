import { sendRaw } from '@auth-pair/service/testing'
import { askGraphql, changeable } from '../testing/ask-graphql.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

const logout = '{ logout }'
let server: TestServer
let user: { id: string }
let email: string
let refreshToken: string
let before: object
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  ;({ user, email, refreshToken } = await signUp(server))
  before = await changeable(server, user.id)
})

const nothingIsDone = async () => expect(await changeable(server, user.id)).toEqual(before)

/** With the refresh token of a session, which `logout` would end. */
const post = (text: string) =>
  server.http
    .post('/graphql')
    .set('Authorization', `Bearer ${refreshToken}`)
    .set('Content-Type', 'application/json')
    .send(text)
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

describe('a body', () => {
  test.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])(
    'with the bytes %j is not UTF-8',
    async bytes => {
      const [start, end] = JSON.stringify({ query: '{ logout } # x' }).split('x') as [string, string]
      const answer = await raw(
        'Content-Type: application/json\r\n',
        Buffer.concat([Buffer.from(start), Buffer.from(bytes), Buffer.from(end)]),
      )
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(answer).toContain('malformed-request')
      await nothingIsDone()
    },
  )

  test.each([
    ['with a byte order mark', `\ufeff${JSON.stringify({ query: logout })}`, 400, 'malformed-request'],
    ['that is empty', '', 400, 'malformed-request'],
    ['that does not end', '{"query":"{ logout }"', 400, 'malformed-request'],
    ['that is a document', logout, 400, 'malformed-request'],
    ['that is a list', JSON.stringify([{ query: logout }]), 400, 'invalid-input'],
    ['that is a text', JSON.stringify(logout), 400, 'invalid-input'],
    ['that is null', 'null', 400, 'invalid-input'],
    ['that is too large', JSON.stringify({ query: logout, operationName: 'x'.repeat(16_384) }), 413, 'body-too-large'],
  ])('%s is refused as by every other route', async (_, text, status, code) => {
    const res = await post(text)
    expect([res.status, res.body.code]).toEqual([status, code])
    expect(res.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    await nothingIsDone()
  })

  test.each([
    '{}',
    '{"query":null}',
    '{"query":5}',
    '{"query":["{ logout }"]}',
    '{"query":{"kind":"Document"}}',
    '{"query":"{ logout }","variables":"{}"}',
    '{"query":"{ logout }","variables":[]}',
    '{"query":"{ logout }","extensions":5}',
    '{"query":"{ logout }","operationName":5}',
    '{"query":"query A { logout }","operationName":["A"]}',
    '{"query":"query A { logout }","operationName":{"toString":"A"}}',
    '{"query":"query A { logout }","operationName":"B"}',
    '{"query":"query A { logout }","operationName":"__proto__"}',
    '{"query":"{ logout }","id":"1"}',
    '{"query":"{ logout }","__proto__":{"x":1}}',
    '{"documentId":"1"}',
    '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"b5a4"}}}',
  ])('that is no request of GraphQL is told so: %s', async text => {
    const { status, body } = await post(text)
    expect([status, body]).toEqual([
      200,
      {
        errors: [
          {
            message: expect.any(String),
            extensions: { code: 'invalid-input', status: 400, requestId: expect.any(String) },
          },
        ],
      },
    ])
    await nothingIsDone()
  })

  test('with a repeated key: the last one counts, as everywhere', async () => {
    expect((await post('{"query":"{ logout }","query":"{ __typename }"}')).body).toEqual({
      data: { __typename: 'Query' },
    })
    await nothingIsDone()

    const query =
      'mutation ($email: String!, $password: String!) { register(email: $email, password: $password) { status } }'
    const [first, last] = [freshEmail(), freshEmail()]
    const variables = `{"email":"${first}","password":"${goodPassword}","email":"${last}"}`
    const { body } = await post(`{"query":"${query}","variables":${variables}}`)
    expect(body).toEqual({ data: { register: { status: 201 } } })
    const statusOf = async (email: string) =>
      (await server.http.post('/api/signin').send({ email, password: goodPassword })).status
    expect([await statusOf(first), await statusOf(last)]).toEqual([401, 200])
  })

  test('with a document that repeats an argument is refused: there is no last one', async () => {
    const query = `mutation { login(email: "${freshEmail()}", email: "${email}", password: "${goodPassword}") { status } }`
    const { body } = await askGraphql(server, { query })
    expect(body).toMatchObject({ errors: [{ message: 'There can be only one argument named "email".' }] })
    await nothingIsDone()
  })
})
