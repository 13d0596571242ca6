import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { patientHashing, wideLimits } from '@auth-pair/dev/wide-limits'
import { npmStart, ready, start, stopAll } from './pair.ts'
import { statusOf } from './people.ts'

jest.setTimeout(90_000)

const { TEST_DATABASE_URL = '', TEST_DATABASE_PREPARE = 'true', TEST_REDIS_URL } = process.env
const password = 'correct horse battery'

/** With no time to settle in, every refresh is a turn. */
const settings = { REFRESH_GRACE_S: '0' }

/** Both servers as processes of their own; as the one process of `npm start` where the Redis of the test run is in its memory. */
const startPair = async () => {
  if (!TEST_REDIS_URL) {
    const pair = await npmStart({ EMBEDDED_REDIS: 'memory', ...settings })
    await pair.untilReady()
    return pair
  }
  const [authPort, testPort] = [await freePort(), await freePort()]
  const [authUrl, testUrl] = [`http://localhost:${authPort}`, `http://localhost:${testPort}`]
  const shared = { PUBLIC_URL: authUrl, JWT_ACCESS_SECRET: randomBytes(48).toString('base64') }
  const auth = start(process.execPath, ['auth-server/src/main.ts'], {
    ...{ ...shared, ...wideLimits, ...patientHashing, AUTH_PORT: String(authPort), COOKIE_SECURE: 'false' },
    REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
    ...{ DATABASE_URL: TEST_DATABASE_URL, DATABASE_PREPARE: TEST_DATABASE_PREPARE, REDIS_URL: TEST_REDIS_URL },
    BCRYPT_COST: '4',
    ...settings,
  })
  const service = { ...shared, TEST_PORT: String(testPort), AUTH_SERVER_URL: authUrl }
  await ready(`${authUrl}/health/ready`, auth)
  await ready(`${testUrl}/health/ready`, start(process.execPath, ['test-server/src/main.ts'], service))
  return { authUrl, testUrl }
}

let pair: Awaited<ReturnType<typeof startPair>>
beforeAll(async () => {
  pair = await startPair()
})
afterAll(stopAll)

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

const send = async (method: string, path: string, body: object, token?: string) => {
  const res = await fetch(`${pair.authUrl}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    ...(method === 'POST' && { body: JSON.stringify(body) }),
  })
  const text = await res.text()
  return { status: res.status, body: text === '' ? {} : JSON.parse(text) }
}
const rest = (path: string, body: object = {}) => send('POST', path, body)
const graphql = async (query: string, { variables = {}, token = '' }: { variables?: object; token?: string } = {}) =>
  (await send('POST', '/graphql', { query, variables }, token)).body

const takes = '($email: String!, $password: String!)'
const person = () => ({ email: `ada-${randomUUID()}@example.com`, password })
const register = async () => {
  const somebody = person()
  const query = `mutation ${takes} { register(email: $email, password: $password) { status errors { path } payload } }`
  const { data } = await graphql(query, { variables: somebody })
  expect(data.register).toEqual({ status: 201, errors: [], payload: null })
  return somebody
}

const signInByRest = async (who: object): Promise<Tokens> => {
  const { status, body } = await rest('/api/signin', { ...who, tokenTransport: 'body' })
  expect(status).toBe(200)
  return body
}
const signInByGraphql = async (who: object): Promise<Tokens> => {
  const query = `mutation ${takes} { signIn(email: $email, password: $password) { accessToken refreshToken } }`
  return (await graphql(query, { variables: who })).data.signIn
}
const logIn = async (who: object): Promise<Tokens> => {
  const query = `mutation ${takes} { login(email: $email, password: $password) { payload } }`
  const tokens = JSON.parse((await graphql(query, { variables: who })).data.login.payload)
  return { accessToken: tokens.access_token, refreshToken: tokens.refresh_token }
}

const refreshByRest = async ({ refreshToken }: Tokens): Promise<Tokens> => {
  const { status, body } = await rest('/api/refresh', { refreshToken })
  expect(status).toBe(200)
  return body
}
const refreshByGraphql = async ({ refreshToken: token }: Tokens): Promise<Tokens> =>
  (await graphql('mutation { refreshTokens { accessToken refreshToken } }', { token })).data.refreshTokens

const atService = ({ accessToken }: Tokens): Promise<number> => statusOf(`${pair.testUrl}/api/restricted`, accessToken)

/** Resolves when the service has been told that the session is over: long before the token expires. */
const untilRefused = async (tokens: Tokens): Promise<void> => {
  for (const began = performance.now(); (await atService(tokens)) !== 401; await wait(10))
    if (performance.now() - began > 10_000) throw new Error('the service still lets the token in')
}

/** Neither way of asking gives anything for what is left of a session. */
const expectEnded = async ({ refreshToken: token }: Tokens): Promise<void> => {
  expect((await rest('/api/refresh', { refreshToken: token })).status).toBe(401)
  for (const ask of ['refreshTokens { accessToken }', 'refresh']) {
    const { data, errors } = await graphql(`mutation { ${ask} }`, { token })
    expect([data, errors[0].extensions.code]).toEqual([null, 'session-ended'])
  }
}

describe('a session that REST and GraphQL share', () => {
  test('is of a GraphQL account, is opened by REST, turns by both in one line, and ends by GraphQL', async () => {
    const somebody = await register()
    const first = await signInByRest(somebody)
    const second = await refreshByRest(first)
    const third = await refreshByGraphql(second)
    const fourth = await refreshByRest(third)
    for (const tokens of [first, second, third, fourth]) expect(await atService(tokens)).toBe(200)
    expect(new Set([first, second, third, fourth].map(({ refreshToken }) => refreshToken)).size).toBe(4)

    expect(await graphql('mutation { signOut }', { token: fourth.refreshToken })).toEqual({ data: { signOut: true } })
    for (const tokens of [first, second, third, fourth]) await untilRefused(tokens)
    await expectEnded(fourth)
    expect((await signInByRest(somebody)).refreshToken).toBeDefined()
  })

  test('is opened by GraphQL, and ends by REST', async () => {
    const tokens = await signInByGraphql(await register())
    const next = await refreshByRest(tokens)
    expect(await atService(next)).toBe(200)
    expect((await rest('/api/signout', { refreshToken: next.refreshToken })).status).toBe(204)
    await untilRefused(next)
    await expectEnded(next)
  })

  test('is known as stolen by the one, and by that to the other', async () => {
    const first = await signInByGraphql(await register())
    const third = await refreshByGraphql(await refreshByRest(await refreshByRest(first)))
    const { errors } = await graphql('mutation { refreshTokens { accessToken } }', { token: first.refreshToken })
    expect(errors[0].extensions.code).toBe('session-ended')
    await untilRefused(third)
    await expectEnded(third)
  })
})

describe('a session of the older shape', () => {
  test('is listed by REST, gives out tokens by GraphQL alone, and ends by REST from another session', async () => {
    const somebody = await register()
    const older = await logIn(somebody)
    const other = await signInByRest(somebody)
    expect((await rest('/api/refresh', { refreshToken: older.refreshToken })).status).toBe(401)
    const refreshed = (await graphql('mutation { refresh }', { token: older.refreshToken })).data.refresh
    const tokens = [older, { ...older, accessToken: refreshed }]
    for (const each of tokens) expect(await atService(each)).toBe(200)

    const { sessions } = (await send('GET', '/api/sessions', {}, other.accessToken)).body
    expect(sessions).toHaveLength(2)
    const { id } = sessions.find(({ rotating }: { rotating: boolean }) => !rotating)
    expect((await send('DELETE', `/api/sessions/${id}`, {}, other.accessToken)).status).toBe(204)
    for (const each of tokens) await untilRefused(each)
    await expectEnded(older)
    expect(await atService(other)).toBe(200)
  })
})
