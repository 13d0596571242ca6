import { hash } from 'node:crypto'
import { buildClientSchema, getIntrospectionQuery, printSchema } from 'graphql'
import { askGraphql, changeable } from '../testing/ask-graphql.ts'
import { signUp, startAuthServer, type TestServer } from '../testing/index.ts'
import { printedSchema } from './schema.ts'

const logout = '{ logout }'
let server: TestServer
let development: TestServer
beforeAll(async () => {
  server = await startAuthServer()
  development = await startAuthServer({ GRAPHQL: 'development' })
})
afterAll(async () => {
  await server.close()
  await development.close()
})

const messagesOf = async (at: TestServer, query: string): Promise<string[]> => {
  const { body } = await askGraphql(at, { query })
  return ((body.errors ?? []) as { message: string }[]).map(({ message }) => message)
}

/** With the refresh token of a session, which `logout` would end. */
const get = async (at: TestServer, path: string, accept = 'text/html') => {
  const { user, refreshToken } = await signUp(at)
  const before = await changeable(at, user.id)
  const res = await at.http.get(path).set('Authorization', `Bearer ${refreshToken}`).set('Accept', accept)
  expect(await changeable(at, user.id)).toEqual(before)
  return res
}

const split = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

describe('introspection', () => {
  test.each([
    ['the whole schema', getIntrospectionQuery()],
    ['one type', '{ __type(name: "User") { name fields { name } } }'],
    ['the schema under another name', '{ me: __schema { types { name } } }'],
    ['the schema in a fragment', '{ ...A } fragment A on Query { ... { __schema { queryType { name } } } }'],
    ['the schema beside a mutation', 'mutation { logout __schema { types { name } } }'],
    ['the schema that is skipped', '{ __schema @skip(if: true) { types { name } } }'],
  ])('of %s is refused', async (_, query) => {
    const { user, refreshToken } = await signUp(server)
    const before = await changeable(server, user.id)
    const { status, body } = await askGraphql(server, { query }, refreshToken)
    expect([status, body.data]).toEqual([200, undefined])
    for (const { message, extensions } of body.errors) {
      expect(extensions.code).toBe('invalid-input')
      expect(message).toMatch(
        /^(GraphQL introspection has been disabled|Too many validation errors|Cannot query field "…" on type "Mutation")/,
      )
    }
    expect(await changeable(server, user.id)).toEqual(before)
  })

  test('is there in development, and tells the schema that clients are given', async () => {
    const { body } = await askGraphql(development, { query: getIntrospectionQuery() })
    expect(body.errors).toBeUndefined()
    expect(`${printSchema(buildClientSchema(body.data))}\n`).toBe(printedSchema())
    const { body: one } = await askGraphql(development, { query: '{ __type(name: "FieldError") { fields { name } } }' })
    expect(one).toEqual({ data: { __type: { fields: [{ name: 'path' }, { name: 'message' }] } } })
  })

  test('by the name of a type is always there', async () => {
    for (const at of [server, development])
      expect((await askGraphql(at, { query: '{ __typename }' })).body).toEqual({ data: { __typename: 'Query' } })
  })
})

describe('a name that is nearly right', () => {
  test.each([
    ['of a field', '{ session { id } }', 'Did you mean "sessions"?'],
    ['of a field of a type', '{ me { emial } }', 'Did you mean "email"?'],
    [
      'of an argument',
      'mutation { register(passwort: "x", email: "x", password: "x") { status } }',
      'Did you mean "password"?',
    ],
    ['of a type', '{ logout ...A } fragment A on Sesion { id }', 'Did you mean "Session"?'],
    ['of the type of a variable', 'query ($a: Strin) { logout }', 'Did you mean "String"?'],
  ])('%s gets a suggestion in development, and nowhere else', async (_, query, suggestion) => {
    expect((await messagesOf(development, query)).join()).toContain(suggestion)
    const messages = (await messagesOf(server, query)).join()
    expect(messages).not.toMatch(/did you mean/i)
    expect(messages).not.toMatch(/"(sessions|email|password|Session|String)"/)
  })

  test('or a field without the fields it needs is told of what it lacks, and no more', async () => {
    for (const at of [server, development])
      expect(await messagesOf(at, '{ me }')).toEqual(['Field "me" of type "User!" must have a selection of subfields.'])
  })
})

describe('the limits of documents', () => {
  test.each([
    ['levels', `{ ${'... { '.repeat(5)} me { id } ${'}'.repeat(5)} }`],
    ['aliases', `{ ${Array.from({ length: 11 }, (_, i) => `a${i}: me { id }`).join(' ')} }`],
    ['cost', `{ me { ${'id '.repeat(133)} } }`],
    ['tokens', `{ ${'__typename '.repeat(199)} }`],
    ['lines', `${'\n'.repeat(500)}{ me { id } }`],
    ['one operation on credentials', '{ logout again: logout }'],
  ])('hold in development too: %s', async (_, query) => {
    expect(await messagesOf(development, query)).toEqual(await messagesOf(server, query))
  })
})

describe('GET /graphql', () => {
  test('is a page in development, with a policy that knows its script by its hash', async () => {
    const { status, headers, text } = await get(development, '/graphql')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    // as a browser finds it: to the first end tag
    const [head, rest] = split(text, '<script>')
    const [script, tail] = split(rest, '</script')
    expect([head.trim().slice(0, 15), /<script|\son\w+=/i.test(head + tail)]).toEqual(['<!doctype html>', false])
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split(';')
        .map(directive => [directive.split(' ', 1)[0], directive.slice(directive.indexOf(' ') + 1)]),
    )
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': `'sha256-${hash('sha256', script, 'base64')}'`,
      'style-src': "'unsafe-inline'",
      'img-src': "'self' data:",
      'font-src': 'data:',
      'worker-src': 'blob:',
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    })
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-request-id': expect.any(String),
    })
    for (const absent of ['set-cookie', 'x-powered-by', 'access-control-allow-origin', 'strict-transport-security'])
      expect(headers).not.toHaveProperty(absent)
  })

  test('is the same page whatever the address asks for, and does nothing of it', async () => {
    const page = await get(development, '/graphql')
    for (const accept of ['text/html', 'application/json', 'application/graphql-response+json', '*/*']) {
      const asked = await get(
        development,
        `/graphql?query=${encodeURIComponent(logout)}&x=%3Cscript%3Ealert(1)%3C/script%3E`,
        accept,
      )
      expect([asked.status, asked.text === page.text]).toEqual([200, true])
      expect(asked.headers['content-security-policy']).toBe(page.headers['content-security-policy'])
    }
  })

  test('by way of https says so to the browser', async () => {
    const secure = await startAuthServer({
      GRAPHQL: 'development',
      PUBLIC_URL: 'https://auth.example.com',
      BCRYPT_COST: '10',
      COOKIE_SECURE: 'true',
    })
    try {
      const { headers } = await secure.http.get('/graphql')
      expect(headers['strict-transport-security']).toBe('max-age=31536000')
    } finally {
      await secure.close()
    }
  })

  test('is no page elsewhere', async () => {
    const { status, headers, body } = await get(server, `/graphql?query=${encodeURIComponent(logout)}`)
    expect([status, headers.allow, body.code]).toEqual([405, 'POST, OPTIONS', 'method-not-allowed'])
  })
})
