import { buildSchema, isObjectType } from 'graphql'
import { auditRows } from '../testing/audit-rows.ts'
import { claimsOf, codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, setCookies, startAuthServer, type TestServer } from '../testing/index.ts'
import { printedSchema } from './schema.ts'

let server: TestServer
let ahead = 0
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => Date.now() + ahead })
})
afterEach(() => {
  ahead = 0
})
afterAll(() => server.close())

const { ask, register, login, loggedIn, refresh, logout, me } = graphqlClient(() => server)
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const whoAmI = (token: string) => server.http.get('/api/auth/user').set(bearer(token))
const listed = async (token: string) => (await server.http.get('/api/sessions').set(bearer(token))).body.sessions
const registered = async () => {
  const email = freshEmail()
  expect((await register({ email })).body.data.register.status).toBe(201)
  return email
}
const wrong = (status: number, ...errors: object[]) => ({ status, errors, payload: null })

describe('the older shape', () => {
  const schema = buildSchema(printedSchema())
  const fieldsOf = (name: string): Record<string, string> => {
    const type = schema.getType(name)
    if (!isObjectType(type)) throw new Error(`${name} is no type of objects`)
    const fields = Object.values(type.getFields()).map(({ name, args, type }) => {
      const named = args.map(arg => `${arg.name}: ${arg.type}`).join(', ')
      return [named === '' ? name : `${name}(${named})`, String(type)]
    })
    return Object.fromEntries(fields)
  }

  test('has the operations that its clients send, with these types', () => {
    expect(fieldsOf('Mutation')).toMatchObject({
      'register(email: String!, password: String!)': 'MutationResponse!',
      'login(email: String!, password: String!)': 'MutationResponse!',
      refresh: 'String!',
      logout: 'Boolean!',
    })
    expect(fieldsOf('Query')).toMatchObject({ me: 'User!', refresh: 'String!', logout: 'Boolean!' })
  })

  test('has answers of these fields, which are null where they say so', () => {
    expect(fieldsOf('MutationResponse')).toEqual({ status: 'Int!', errors: '[FieldError]!', payload: 'String' })
    expect(fieldsOf('FieldError')).toEqual({ path: 'String!', message: 'String!' })
    expect(fieldsOf('User')).toEqual({
      id: 'ID!',
      email: 'String!',
      confirmed: 'Boolean!',
      createdAt: 'DateTime!',
      updatedAt: 'DateTime!',
    })
  })
})

describe('register', () => {
  test('makes an account, and no session', async () => {
    const email = freshEmail()
    const res = await register({ email })
    expect([res.status, res.body]).toEqual([200, { data: { register: { status: 201, errors: [], payload: null } } }])
    expect(setCookies(res)).toEqual([])
    const { accessToken } = await loggedIn(email)
    expect(await listed(accessToken)).toHaveLength(1)
    const { sub, sid } = claimsOf(accessToken)
    const rows = await auditRows(server.postgres, 'user_id', sub)
    expect(rows.map(({ event, session_id, reason }) => [event, session_id, reason])).toEqual([
      ['signed-up', null, null],
      ['signed-in', sid, 'token-stays'],
    ])
  })

  test('is 409 where there is the account already, and leaves it as it was', async () => {
    const email = await registered()
    const res = await register({ email: email.toUpperCase(), password: 'another horse, another battery' })
    const message = 'There is already an account with this email.'
    expect(res.body).toEqual({ data: { register: wrong(409, { path: 'email', message }) } })
    expect((await login({ email })).body.data.login.status).toBe(200)
  })

  test.each([
    [{ email: 'nobody' }, ['email']],
    [{ email: '' }, ['email']],
    [{ password: 'short' }, ['password']],
    [{ password: '' }, ['password']],
    [{ email: 'nobody@', password: '\0' }, ['email', 'password']],
  ])('is 400 and names what is wrong (%j)', async (input, paths) => {
    const { status, errors, payload } = (await register({ email: freshEmail(), ...input })).body.data.register
    expect([status, errors.map(({ path }: { path: string }) => path), payload]).toEqual([400, paths, null])
    for (const { message } of errors) expect(message).toMatch(/^[A-Z].*\.$/)
  })
})

describe('login', () => {
  test('gives two tokens, in a string', async () => {
    const email = await registered()
    const res = await login({ email })
    const { status, errors, payload } = res.body.data.login
    expect([res.status, status, errors, typeof payload, setCookies(res)]).toEqual([200, 200, [], 'string', []])
    const tokens = JSON.parse(payload)
    expect(Object.keys(tokens)).toEqual(['access_token', 'refresh_token'])
    expect((await whoAmI(tokens.access_token)).body.user.email).toBe(email)
    expect((await refresh(tokens.refresh_token)).body.data.refresh).toEqual(expect.any(String))
  })

  test('is 401 alike for a wrong password and for nobody', async () => {
    const expected = { data: { login: wrong(401, { path: 'password', message: 'Email or password is wrong.' }) } }
    for (const email of [await registered(), freshEmail()]) {
      const res = await login({ email, password: 'not this one' })
      expect([res.status, res.body, res.headers['www-authenticate']]).toEqual([200, expected, undefined])
    }
  })

  test.each([
    [{ email: 'nobody' }, ['email']],
    [{ password: '' }, ['password']],
    [{ email: 'nobody', password: 'x'.repeat(1025) }, ['email', 'password']],
  ])('is 400 and names what is wrong (%#)', async (input, paths) => {
    const { status, errors, payload } = (await login({ email: freshEmail(), ...input })).body.data.login
    expect([status, errors.map(({ path }: { path: string }) => path), payload]).toEqual([400, paths, null])
  })
})

describe.each(['mutation', 'query'])('refresh as a %s', kind => {
  const again = (token?: string) => ask(`${kind} { refresh }`, token === undefined ? {} : { token })

  test('gives access tokens of the session, time and again, for the same refresh token', async () => {
    const { accessToken, refreshToken } = await loggedIn(await registered())
    const { sub, sid } = claimsOf(accessToken)
    for (let minute = 1; minute <= 20; minute++) {
      ahead = minute * 60_000
      const res = await again(refreshToken)
      expect([res.status, Object.keys(res.body), Object.keys(res.body.data)]).toEqual([200, ['data'], ['refresh']])
      expect(claimsOf(res.body.data.refresh)).toMatchObject({ sub, sid })
      expect((await whoAmI(res.body.data.refresh)).status).toBe(200)
    }
  })

  test('is an error without a session', async () => {
    for (const token of [undefined, 'junk', 'A'.repeat(96)]) {
      const res = await again(token)
      expect([res.status, codeOf(res), res.body.data]).toEqual([200, 'session-ended', null])
    }
  })
})

describe.each(['mutation', 'query'])('logout as a %s', kind => {
  const out = (token?: string) => ask(`${kind} { logout }`, token === undefined ? {} : { token })

  test('ends this session and not the others; its access token is refused at once', async () => {
    const email = await registered()
    const [here, there] = [await loggedIn(email), await loggedIn(email)]
    expect((await out(here.refreshToken)).body).toEqual({ data: { logout: true } })
    expect([(await whoAmI(here.accessToken)).status, codeOf(await me(here.accessToken))]).toEqual([
      401,
      'access-token-invalid',
    ])
    expect(codeOf(await refresh(here.refreshToken))).toBe('session-ended')
    expect([(await whoAmI(there.accessToken)).status, codeOf(await refresh(there.refreshToken))]).toEqual([
      200,
      undefined,
    ])
    expect(await listed(there.accessToken)).toEqual([expect.objectContaining({ current: true })])
    const rows = await auditRows(server.postgres, 'session_id', claimsOf(here.accessToken).sid)
    expect(rows.map(({ event }) => event)).toEqual(['signed-in', 'signed-out'])
  })

  test('is true without a session', async () => {
    const { accessToken, refreshToken } = await loggedIn(await registered())
    await logout(refreshToken)
    for (const token of [undefined, 'junk', refreshToken, accessToken])
      expect((await out(token)).body).toEqual({ data: { logout: true } })
  })
})

describe('me', () => {
  test('is the user of the access token', async () => {
    const email = await registered()
    const { accessToken } = await loggedIn(email)
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const user = { id: claimsOf(accessToken).sub, email, confirmed: false, createdAt: time, updatedAt: time }
    expect((await me(accessToken)).body).toEqual({ data: { me: user } })
  })

  test('of nobody, of a refresh token and of an account that is gone is an error', async () => {
    const { accessToken, refreshToken } = await loggedIn(await registered())
    expect(codeOf(await me())).toBe('access-token-required')
    for (const token of ['junk', refreshToken]) expect(codeOf(await me(token))).toBe('access-token-invalid')
    const { sub } = claimsOf(accessToken)
    await server.postgres.write({ name: 'test-gone', text: 'delete from users where id = $1' }, [sub])
    const res = await me(accessToken)
    expect([res.status, codeOf(res), res.body.data]).toEqual([200, 'access-token-invalid', null])
  })
})
