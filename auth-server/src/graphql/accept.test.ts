import { signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
let accessToken: string
let user: { id: string }
beforeAll(async () => {
  server = await startAuthServer()
  ;({ user, accessToken } = await signUp(server))
})
afterAll(() => server.close())

describe('the answer', () => {
  const graphqlJson = 'application/graphql-response+json'
  const plainJson = 'application/json'
  test.each([
    [graphqlJson, graphqlJson],
    ['Application/GraphQL-Response+JSON', graphqlJson],
    [`${graphqlJson}, ${plainJson};q=0.9`, graphqlJson],
    [`text/event-stream, ${graphqlJson}`, graphqlJson],
    [plainJson, plainJson],
    ['*/*', plainJson],
    ['text/event-stream', plainJson],
    ['multipart/mixed', plainJson],
    ['multipart/mixed; deferSpec=20220824, text/event-stream', plainJson],
    ['text/html', plainJson],
    ['application/xml;q=x, ;;', plainJson],
    ['', plainJson],
  ])('to Accept: %j is %s, of one piece', async (accept, type) => {
    const ask = (query: string) =>
      server.http.post('/graphql').set('Accept', accept).set('Authorization', `Bearer ${accessToken}`).send({ query })
    const done = await ask('{ me { id } }')
    const refused = await ask('{ me { nothing } }')
    for (const { headers } of [done, refused]) {
      expect(headers['content-type']).toBe(`${type}; charset=utf-8`)
      expect(headers['content-length']).toMatch(/^\d+$/)
      expect(headers['cache-control']).toBe('no-store')
    }
    expect([done.status, JSON.parse(done.text)]).toEqual([200, { data: { me: { id: user.id } } }])
    expect([refused.status, JSON.parse(refused.text).errors[0].extensions.code]).toEqual([
      type === graphqlJson ? 400 : 200,
      'invalid-input',
    ])
  })

  test('to a document that was executed is 200, though all of it was refused', async () => {
    const { status, text } = await server.http
      .post('/graphql')
      .set('Accept', graphqlJson)
      .send({ query: '{ me { id } }' })
    expect([status, JSON.parse(text).errors[0].extensions]).toMatchObject([
      200,
      { code: 'access-token-required', status: 401 },
    ])
  })
})
