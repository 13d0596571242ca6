import { askGraphql, changeable } from '../testing/ask-graphql.ts'
import { signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

/** So many pieces, made of their numbers. */
const many = (count: number, piece: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => piece(i)).join(' ')

/** What is said against a document that is sent with the refresh token of a session, which a `logout` in it would end. */
const refusal = async (query: string) => {
  const { user, refreshToken } = await signUp(server)
  const before = await changeable(server, user.id)
  const { status, body, text } = await askGraphql(server, { query }, refreshToken)
  expect(await changeable(server, user.id)).toEqual(before)
  expect([status, body.data]).toEqual([200, undefined])
  for (const { extensions } of body.errors) expect(extensions.code).toMatch(/^(invalid-input|malformed-request)$/)
  return { text, errors: body.errors as { message: string }[] }
}

describe('a document may have', () => {
  const tooDeep = 'Query depth limit of 6 exceeded.'
  const tooManyAliases = 'Aliases limit of 10 exceeded.'
  const limits = [
    {
      most: 6,
      tooMany: 7,
      what: 'levels',
      documentOf: (n: number, also: string) => `{ ${also} ${'... { '.repeat(n - 2)} me { id } ${'} '.repeat(n - 2)} }`,
      message: tooDeep,
    },
    {
      most: 2,
      tooMany: 3,
      what: 'fragments that are spread in one another, which are two levels each',
      documentOf: (n: number, also: string) =>
        `{ ${also} ...F1 } ${many(n - 1, i => `fragment F${i + 1} on Query { ...F${i + 2} }`)}
         fragment F${n} on Query { me { id } }`,
      message: tooDeep,
    },
    {
      most: 10,
      tooMany: 11,
      what: 'aliases of one field',
      documentOf: (n: number, also: string) => `{ ${also} ${many(n, i => `a${i}: me { id }`)} }`,
      message: tooManyAliases,
    },
    {
      most: 10,
      tooMany: 11,
      what: 'aliases on several levels',
      documentOf: (n: number, also: string) =>
        `{ ${also} a: me { ${many(n - 4, i => `a${i}: id`)} } b: me { id } c: me { id } d: me { id } }`,
      message: tooManyAliases,
    },
    {
      most: 5,
      tooMany: 6,
      what: 'times a fragment with two aliases',
      documentOf: (n: number, also: string) =>
        `{ ${also} ${many(n, () => '...F')} } fragment F on Query { a: me { id } b: me { id } }`,
      message: tooManyAliases,
    },
    {
      most: 132,
      tooMany: 133,
      what: 'times the same field, which is a cost of 200',
      documentOf: (n: number, also: string) => `{ ${also} me { ${many(n, () => 'id')} } }`,
      message: 'Query Cost limit of 200 exceeded.',
    },
    {
      most: 24,
      tooMany: 25,
      what: 'fields with a directive, which are two hundred tokens',
      documentOf: (n: number, also: string) => `{ ${also} me { ${many(n, () => 'id @include(if: true)')} } }`,
      message: 'Document contains more that 200 tokens. Parsing aborted.',
    },
    ...['\n', '\r', '\r\n'].map(end => ({
      most: 500,
      tooMany: 501,
      what: `lines that end in ${JSON.stringify(end)}`,
      documentOf: (n: number, also: string) => `${end.repeat(n - 1)}{ ${also} me { id } }`,
      message: 'Document has more than 500 lines.',
    })),
  ]

  test.each(limits)('$most $what', async ({ most, documentOf }) => {
    const { accessToken, user } = await signUp(server)
    const { body } = await askGraphql(server, { query: documentOf(most, '') }, accessToken)
    expect(body.errors).toBeUndefined()
    expect(JSON.stringify(body.data)).toContain(user.id)
  })

  test.each(limits)('not $tooMany $what: nothing of it is done', async ({ tooMany, documentOf, message }) => {
    const { errors } = await refusal(documentOf(tooMany, 'logout'))
    expect(errors).toMatchObject([{ message, extensions: { code: 'invalid-input' } }])
    expect(errors).toHaveLength(1)
  })
})

describe('a document is refused, and nothing of it done, when', () => {
  test.each([
    [
      'a fragment is spread in itself',
      '{ logout ...A } fragment A on Query { me { id } ...A }',
      'Cannot spread fragment "…" within itself.',
    ],
    [
      'two fragments are spread in each other',
      '{ logout ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      'Cannot spread fragment "…" within itself via "…".',
    ],
    [
      'a fragment is spread in itself within inline fragments',
      '{ logout ...A } fragment A on Query { ... on Query { ... { ...A } } }',
      'Cannot spread fragment "…" within itself.',
    ],
    [
      'a fragment of another level is spread in itself',
      '{ logout me { ...A } } fragment A on User { id ... { ...A } }',
      'Cannot spread fragment "…" within itself.',
    ],
    [
      'fragments multiply one another',
      `{ logout ${many(9, () => '...A')} } fragment A on Query { ${many(9, () => '...B')} } fragment B on Query { me { id } }`,
      'Query Cost limit of 200 exceeded.',
    ],
    [
      'a fragment that nothing spreads is wide',
      `{ logout } fragment A on Query { ${many(45, () => 'me { id }')} }`,
      'Fragment "…" is never used.',
    ],
    [
      'a fragment before it is wide',
      `fragment A on User { ${many(185, () => 'id')} } { logout me { ...A } }`,
      'Query Cost limit of 200 exceeded.',
    ],
    ['it has a flood of directives', `{ logout ${many(95, () => '@no')} }`, 'Unknown directive "…".'],
    [
      'it repeats a directive',
      `{ logout ${many(25, () => '@skip(if: false)')} }`,
      'The directive "@skip" can only be used once at this location.',
    ],
    ['it wants the answer in parts', '{ ... @defer { logout } }', 'Unknown directive "…".'],
    ['it has an unknown field', '{ logout me { password_hash } }', 'Cannot query field "…" on type "User".'],
    ['it subscribes', 'subscription { logout }', 'Schema is not configured to execute subscription operation.'],
    ['it brings a type', '{ logout } type A { a: Int }', 'The "…" definition is not executable.'],
    ['it has no operation', 'fragment A on Query { logout }', 'Could not determine what operation to execute.'],
    ['it is empty', '', 'Syntax Error: Unexpected <EOF>.'],
    ['it does not end', '{ logout', 'Syntax Error: Expected Name.'],
    ['it goes on after its end', '{ logout } }', 'Syntax Error: Unexpected "}".'],
    ['it is nothing but braces', '{'.repeat(16_000), 'Syntax Error: Expected Name.'],
  ])('%s', async (_, query, message) => {
    expect((await refusal(query)).errors[0]?.message).toBe(message)
  })
})

describe('a document with hundreds of mistakes', () => {
  test.each([
    ['unknown fields', `{ logout me { ${many(130, i => `x${i}`)} } }`],
    ['unknown variables', `{ logout ${many(22, i => `@skip(if: $x${i})`)} }`],
    ['variables without use', `query (${many(45, i => `$x${i}: Int`)}) { logout }`],
    ['repeated arguments', `mutation { logout register(${many(60, () => 'email: 1')}) { status } }`],
    [
      'fields that do not agree',
      `{ logout } ${many(
        1,
        i => `fragment F${i} on Query {
        ${many(2, j => `me { ${many(28, k => `x${k}: ${j === 0 ? 'id' : 'email'}`)} }`)} }`,
      )}`,
    ],
    [
      'fragments that are spread in themselves',
      `{ logout } ${many(18, i => `fragment F${i} on Query { ...F${(i + 1) % 18} ...F0 }`)}`,
    ],
    ['a name as long as a document', `{ logout ${'x'.repeat(16_000)} }`],
    ['names of quotes', `mutation { logout signIn(email: "${'\\"'.repeat(3900)}", email: 1) }`],
  ])('such as %s is told of six at most, in few words', async (_, query) => {
    const { errors, text } = await refusal(query)
    expect(errors.length).toBeLessThanOrEqual(6)
    expect(text.length).toBeLessThan(3000)
  })
})
