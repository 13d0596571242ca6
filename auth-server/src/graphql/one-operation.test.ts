import { askGraphql, changeable } from '../testing/ask-graphql.ts'
import { graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
const { loggedIn } = graphqlClient(() => server)
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const hashesOf = (attempts: number): number => attempts * 2 ** 4

/** Somebody with a session whose refresh token turns, and one whose refresh token stays the same. */
const signedInTwice = async () => {
  const { user, email, refreshToken } = await signUp(server)
  return { user, email, refreshTokens: [refreshToken, (await loggedIn(email)).refreshToken] }
}

/** The variables that a document declares: what an operation takes, and two to choose by. */
const variables = (query: string, email: string) =>
  Object.fromEntries(
    Object.entries({ email, fresh: freshEmail(), password: goodPassword, yes: true, no: false }).filter(([name]) =>
      query.includes(`$${name}: `),
    ),
  )

const takes = '($email: String!, $password: String!)'
const login = 'login(email: $email, password: $password) { status payload }'
const signIn = 'signIn(email: $email, password: $password) { accessToken }'
const register = 'register(email: $fresh, password: $password) { status }'
const signUpAnew = 'signUp(email: $fresh, password: $password) { accessToken }'

describe('two operations on credentials or sessions in a document', () => {
  test.each([
    ['two logins', `mutation ${takes} { a: ${login} b: ${login} }`],
    ['one login, twice', `mutation ${takes} { ${login} ${login} }`],
    ['a login and a sign-in', `mutation ${takes} { ${login} ${signIn} }`],
    ['two sign-ins', `mutation ${takes} { a: ${signIn} b: ${signIn} }`],
    ['ten sign-ins', `mutation ${takes} { ${Array.from({ length: 10 }, (_, i) => `a${i}: ${signIn}`).join(' ')} }`],
    [
      'an account and a sign-in',
      `mutation ($email: String!, $fresh: String!, $password: String!) { ${register} ${signIn} }`,
    ],
    ['two accounts', `mutation ($fresh: String!, $password: String!) { ${register} ${signUpAnew} }`],
    ['a refresh and a logout', 'mutation { refresh logout }'],
    ['two refreshes', 'mutation { refresh refreshTokens { refreshToken } }'],
    ['a turn and a sign-out', 'mutation { refreshTokens { refreshToken } signOut }'],
    ['two names for a logout', 'mutation { logout signOut }'],
    ['queries, a refresh and a logout', '{ refresh logout }'],
    ['queries, two logouts', '{ a: logout b: logout }'],
    ['queries, the list of sessions by two names', '{ a: sessions { id } b: sessions { id } }'],
    ['queries, two logouts among reads', '{ me { id } a: logout sessions { id } b: logout }'],
    [
      'in two fragments',
      `mutation ${takes} { ...A ...B } fragment A on Mutation { ${login} } fragment B on Mutation { ${signIn} }`,
    ],
    ['in one fragment', `mutation ${takes} { ...A } fragment A on Mutation { a: ${login} b: ${login} }`],
    ['in and beside a fragment', 'mutation { ...A logout } fragment A on Mutation { refreshTokens { refreshToken } }'],
    [
      'in fragments of fragments',
      '{ ...A ...B } fragment A on Query { ...B } fragment B on Query { ...{ a: logout } b: logout }',
    ],
    ['in inline fragments', `mutation ${takes} { ... on Mutation { ${login} } ... { ${signIn} } }`],
    [
      'in inline fragments of inline fragments',
      '{ ... on Query { ... { logout } } ... { ... on Query { b: logout } } }',
    ],
    [
      'only one of which is included',
      'mutation ($yes: Boolean!, $no: Boolean!) { a: logout @include(if: $yes) b: logout @include(if: $no) }',
    ],
    ['one of which is skipped', 'mutation ($yes: Boolean!) { logout refreshTokens @skip(if: $yes) { refreshToken } }'],
    ['in a fragment that is skipped', '{ logout ... @skip(if: true) { again: logout } }'],
    ['in a fragment that is not included', '{ logout ...A @include(if: false) } fragment A on Query { again: logout }'],
  ])('are refused, and none of them done: %s', async (_, query) => {
    const { user, email, refreshTokens } = await signedInTwice()
    const before = await changeable(server, user.id)
    for (const token of refreshTokens) {
      const { status, body } = await askGraphql(server, { query, variables: variables(query, email) }, token)
      expect([status, body]).toEqual([
        200,
        {
          errors: [
            {
              message: 'A document may hold one operation on credentials or sessions.',
              locations: [expect.anything()],
              extensions: { code: 'invalid-input', status: 400, requestId: expect.any(String) },
            },
          ],
        },
      ])
    }
    expect(await changeable(server, user.id)).toEqual(before)
  })

  test.each(['One', 'Two'])('are refused also where a document has two, of which %s is wanted', async operationName => {
    const { user, email, refreshTokens } = await signedInTwice()
    const before = await changeable(server, user.id)
    for (const query of [
      `query One { logout } mutation Two ${takes} { ${login} }`,
      'query One { logout } query Two { again: logout }',
      'mutation One { ...A } mutation Two { ...A refreshTokens { refreshToken } } fragment A on Mutation { logout }',
    ]) {
      const asked = { query, operationName, variables: variables(query, email) }
      for (const token of refreshTokens) {
        const { body } = await askGraphql(server, asked, token)
        expect(body).toMatchObject({
          errors: [{ message: 'A document may hold one operation on credentials or sessions.' }],
        })
        expect(body).not.toHaveProperty('data')
      }
    }
    expect(await changeable(server, user.id)).toEqual(before)
  })

  test('are refused where one is that of another type, or unknown', async () => {
    const { user, refreshTokens } = await signedInTwice()
    const before = await changeable(server, user.id)
    for (const query of [
      '{ logout ... on Mutation { signOut } }',
      'mutation { logout ... on Query { again: logout } }',
      '{ logout ... on Nothing { again: logout } }',
      '{ logout signOut }',
    ]) {
      for (const token of refreshTokens) {
        const { body } = await askGraphql(server, { query }, token)
        expect(body).not.toHaveProperty('data')
        expect(body.errors[0].extensions.code).toBe('invalid-input')
      }
    }
    expect(await changeable(server, user.id)).toEqual(before)
  })
})

describe('one operation on credentials or sessions in a document', () => {
  test.each([
    ['under another name', `mutation ${takes} { me: ${login} }`],
    ['in a fragment', `mutation ${takes} { ...A } fragment A on Mutation { ${login} }`],
    [
      'in a fragment that is spread often',
      `mutation ${takes} { ...A ...A ... { ...A } } fragment A on Mutation { ${login} }`,
    ],
    ['among names of types', `mutation ${takes} { __typename ${login} type: __typename }`],
    [
      'of two, the other of which reads',
      `query Other { me { id } again: me { id } } mutation This ${takes} { ${login} }`,
    ],
  ])('is done, and once: %s', async (_, query) => {
    const { user, email } = await signUp(server)
    const before = await changeable(server, user.id)
    const asked = {
      query,
      variables: variables(query, email),
      ...(query.includes('This') && { operationName: 'This' }),
    }
    const { text } = await askGraphql(server, asked)
    expect(text.match(/"status":200/g)).toHaveLength(1)
    const after = await changeable(server, user.id)
    expect(after.hashed - before.hashed).toBe(hashesOf(1))
  })

  test('is not what reads: as much of it as a document has room for', async () => {
    const { accessToken, user } = await signUp(server)
    const query = '{ me { id } again: me { id } sessions { id } ... { third: me { email } } }'
    const { body } = await askGraphql(server, { query }, accessToken)
    expect(body.errors).toBeUndefined()
    expect(body.data).toMatchObject({
      me: { id: user.id },
      again: { id: user.id },
      sessions: [{ id: expect.any(String) }],
    })
  })
})
