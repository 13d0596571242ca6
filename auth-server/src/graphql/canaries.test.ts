import { codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

// a name in GraphQL as well as a password, and nothing of it is in a request id
const canary = 'Zqx7Canary_pAsSwOrD_Vw9'
const digits = 739184026519
const partOf = /Zqx7|Canary|AsSwOrD|Vw9|739184026519/

const inDocuments: Record<string, string> = {
  'a password without quotes': `mutation { login(email: "a@example.com", password: ${canary}) { status } }`,
  'two words without quotes': `mutation { login(email: "a@example.com", password: ${canary} ${canary}) { status } }`,
  'three words and a colon': `mutation { login(email: "a@example.com", password: horse ${canary}: battery) { status } }`,
  'a password that begins with a digit': `mutation { login(email: "a@example.com", password: 7${canary}) { status } }`,
  'a password that begins with 0': `mutation { login(email: "a@example.com", password: 07${canary}) { status } }`,
  'a password of digits': `mutation { login(email: "a@example.com", password: ${digits}) { status } }`,
  'a password with a dollar in front': `mutation { login(email: "a@example.com", password: $${canary}) { status } }`,
  'a password with an at in front': `mutation { login(email: "a@example.com", password: @${canary}) { status } }`,
  'a password in single quotes': `mutation { login(email: "a@example.com", password: '${canary}') { status } }`,
  'a password in backquotes': `mutation { login(email: "a@example.com", password: \`${canary}\`) { status } }`,
  'an unterminated string': `mutation { login(email: "a@example.com", password: "${canary}`,
  'a string over two lines': `mutation { login(email: "a@example.com", password: "${canary}\n${canary}") { status } }`,
  'a quote within a string': `mutation { login(email: "a@example.com", password: "x"${canary}") { status } }`,
  'an escape that is none': `mutation { login(email: "a@example.com", password: "\\${canary}") { status } }`,
  'an escape of Unicode that is none': `mutation { login(email: "a@example.com", password: "\\u${canary}") { status } }`,
  'a long escape of Unicode': `mutation { login(email: "a@example.com", password: "\\u{${canary}}") { status } }`,
  'a character that has no place in a string': `mutation { login(email: "a@example.com", password: "${canary}\0") { status } }`,
  'an unterminated block string': `mutation { login(email: "a@example.com", password: """${canary}`,
  'a block string': `mutation { login(email: "a@example.com", password: """${canary}""") { status errors { path message } } }`,
  'a literal': `mutation { login(email: "a@example.com", password: "${canary}") { status errors { path message } } }`,
  'a literal that is no email': `mutation { register(email: "${canary}", password: "${canary}") { status errors { path message } } }`,
  'a list': `mutation { login(email: "a@example.com", password: ["${canary}"]) { status } }`,
  'an object': `mutation { login(email: "a@example.com", password: { value: "${canary}" }) { status } }`,
  'an object by its name': `mutation { login(email: "a@example.com", password: { ${canary}: 1 }) { status } }`,
  'an argument too many': `mutation { login(email: "a@example.com", password: "x", otp: "${canary}") { status } }`,
  'a name of an argument': `mutation { login(email: "a@example.com", ${canary}: "x") { status } }`,
  'an argument given twice': `mutation { login(email: "a@example.com", password: "x", password: "${canary}") { status } }`,
  'an argument of a field without any': `{ me { id(token: "${canary}") } }`,
  'an argument of a directive': `{ me @include(if: "${canary}") { id } }`,
  'an argument of a directive without quotes': `{ me @include(if: ${canary}) { id } }`,
  'a name of an argument of a directive': `{ me @include(${canary}: true) { id } }`,
  'a name of a directive': `{ me @${canary} { id } }`,
  'a name of a field': `mutation { ${canary} }`,
  'a name of a field of a type': `{ me { ${canary} } }`,
  'a name of a field within a field without any': `{ me { id { ${canary} } } }`,
  'a name of an operation': `query ${canary} { me { id } } query ${canary} { me { id } }`,
  'a name of a fragment': `{ me { ...${canary} } }`,
  'a name of a fragment that is not used': `fragment ${canary} on User { id } { me { id } }`,
  'a name of a type': `{ me { ... on ${canary} { id } } }`,
  'a name of a type of a variable': `query ($a: ${canary}) { me { id } }`,
  'a name of a variable': `query ($${canary}: String) { me { id } }`,
  'a preset of a variable': `query ($if: Boolean! = ${canary}) { me @include(if: $if) { id } }`,
  'an alias of two fields': `{ me { ${canary}: id ${canary}: email } }`,
  'a kind of operation': `${canary} { me }`,
  'a subscription': `subscription { ${canary} }`,
  'a comment of a document that is none': `{ me { # ${canary}`,
  'what follows the document': `{ me { id } } ${canary}`,
  'a field below too many others': `{ me { a { b { c { d { e { f { ${canary} } } } } } } } }`,
}

const document =
  'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { status } }'
const inBodies: Record<string, object> = {
  'a variable that is a list': { query: document, variables: { email: [canary], password: [canary] } },
  'a variable that is an object': { query: document, variables: { email: { [canary]: canary }, password: { canary } } },
  'a variable that is a number, beside it': { query: document, variables: { email: 5, password: canary } },
  'a variable of digits': { query: document, variables: { email: digits, password: digits } },
  'digits in a list': { query: document, variables: { email: [digits], password: { digits } } },
  'a variable that is null where an argument may not be': {
    query: 'mutation ($e: String = "x", $p: String!) { login(email: $e, password: $p) { status } }',
    variables: { e: null, p: canary },
  },
  'a variable that is null where a directive may not have it': {
    query: 'query ($if: Boolean = true) { __typename me @include(if: $if) { id } }',
    variables: { if: null, [canary]: canary },
  },
  'a variable that is left out, beside it': { query: document, variables: { password: canary } },
  'a variable too many': { query: document, variables: { password: canary, [canary]: canary, token: canary } },
  'variables that are a string': { query: document, variables: canary },
  'variables that are a list': { query: document, variables: [canary] },
  'a name of an operation that is not there': { query: '{ me { id } }', operationName: canary },
  'such a name in quotes': { query: '{ me { id } }', operationName: `a "${canary}" b` },
  'such a name that is a list': { query: '{ me { id } }', operationName: [canary] },
  'a parameter that is none': { query: '{ me { id } }', [canary]: canary },
  'such a parameter in quotes': { query: '{ me { id } }', [`a "${canary}" b`]: canary },
  extensions: { query: '{ me { id } }', extensions: { [canary]: canary } },
  'extensions that are a string': { query: '{ me { id } }', extensions: canary },
  'a query that is an object': { query: { [canary]: canary } },
  'a query that is a list': { query: [canary] },
  'no query': { password: canary },
}

describe.each(['on', 'development'])('what a client puts into the wrong place (GRAPHQL=%s)', mode => {
  let server: TestServer
  beforeAll(async () => {
    server = await startAuthServer({ GRAPHQL: mode, LOG_LEVEL: 'debug' })
  })
  afterAll(() => server.close())

  const expectNothingOfIt = async (send: () => ReturnType<typeof server.http.post>) => {
    const res = await send()
    const { status, text, headers } = res
    expect([status, JSON.stringify(headers)]).toEqual([expect.any(Number), expect.not.stringMatching(partOf)])
    expect(status).toBeLessThan(500)
    expect(text).not.toMatch(partOf)
    expect(server.logText()).not.toMatch(partOf)
    return res
  }

  test.each(Object.entries(inDocuments))('%s is not told, nor written down', async (_where, query) => {
    await expectNothingOfIt(() => server.http.post('/graphql').send({ query }))
  })

  test.each(Object.entries(inBodies))('%s is not told, nor written down', async (_where, body) => {
    await expectNothingOfIt(() => server.http.post('/graphql').send(body))
  })

  test('a token is not told, nor written down, wherever it stands', async () => {
    const { ask } = graphqlClient(() => server)
    for (const authorization of [canary, `Bearer ${canary}`, `Bearer ${canary} ${canary}`, `Basic ${canary}`])
      for (const query of [
        '{ me { id } }',
        'mutation { refresh }',
        'mutation { refreshTokens { tokenType } }',
        'mutation { logout }',
      ])
        await expectNothingOfIt(() => ask(query, { headers: { Authorization: authorization } }))
    for (const type of ['application/json', 'application/graphql', 'text/plain'])
      await expectNothingOfIt(() => server.http.post('/graphql').set('Content-Type', type).send(`{"query": "${canary}`))
  })

  test('a good password and good tokens are not written down', async () => {
    const { email, refreshToken, accessToken } = await signUp(server)
    const { ask, loggedIn, refresh, refreshTokens, me } = graphqlClient(() => server)
    const literal = `mutation { login(email: "${email}", password: "${goodPassword}") { status payload } }`
    expect((await ask(literal)).body.data.login.status).toBe(200)
    const fixed = await loggedIn(email)
    await refresh(fixed.refreshToken)
    await refreshTokens(refreshToken)
    await me(accessToken)
    for (const secret of [goodPassword, email, refreshToken, accessToken, fixed.refreshToken, fixed.accessToken])
      expect(server.logText()).not.toContain(secret)
  })

  test('names of the schema are told, with the place', async () => {
    const { ask, login } = graphqlClient(() => server)
    const messages = async (query: string, variables: object = {}) =>
      (await ask(query, { variables })).body.errors.map(({ message }: { message: string }) => message)
    expect(await messages('mutation { login(email: "a@example.com") { payload { status } } }')).toEqual([
      'Field "payload" must not have a selection since type "String" has no subfields.',
      'Field "login" argument "password" of type "String!" is required, but it was not provided.',
    ])
    expect(await messages('{ me }')).toEqual([expect.stringContaining('Field "me" of type "User!" must have')])
    expect(await messages(document, { email: 5 })).toEqual([
      'Variable "$email" has a value of another type.',
      'Variable "$password" of required type "String!" was not provided.',
    ])
    expect(await messages('query ($email: String!) { me { id } }')).toEqual(['Variable "$email" is never used.'])
    expect(await messages('{ me { id }')).toEqual(['Syntax Error: Expected Name.'])
    const res = await ask('{ me {\n  nme } }')
    expect([codeOf(res), res.body.errors[0].locations]).toEqual(['invalid-input', [{ line: 2, column: 3 }]])
    expect(res.body.errors[0].message).toBe('Cannot query field "…" on type "User".')
    expect((await login({ email: freshEmail() })).body.data.login.status).toBe(401)
  })
})
