import { codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshAddress, freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let wide: TestServer
const started: TestServer[] = []
const start = async (settings: Record<string, string>, clocks = {}) => {
  const server = await startAuthServer({ TRUSTED_PROXIES: '127.0.0.1', ...settings }, clocks)
  started.push(server)
  return server
}
beforeAll(async () => {
  wide = await start({})
})
afterAll(async () => {
  for (const each of started) await each.close()
})

const { register, login, loggedIn, refresh } = graphqlClient(() => wide)
const freshPlace = () => ({ 'X-Forwarded-For': freshAddress() })

describe('an older client that asks for too much', () => {
  test('is told 429 of wrong passwords, and when to come again', async () => {
    const now = Date.now()
    const at = await start({ GUESSES_FREE: '2' }, { sessionNow: () => now })
    const { email } = await signUp(wide)
    const from = { at, headers: freshPlace() }
    for (let i = 0; i < 2; i++)
      expect((await login({ email, password: 'wrong' }, from)).body.data.login.status).toBe(401)
    const res = await login({ email }, from)
    const errors = [{ path: '', message: 'Too many requests.' }]
    expect([res.status, res.body]).toEqual([200, { data: { login: { status: 429, errors, payload: null } } }])
    expect(res.headers).toMatchObject({
      'retry-after': '30',
      'ratelimit-policy': '"guesses";q=2;w=900',
    })
    // by REST too: they are the same guesses
    const rest = await at.http.post('/api/signin').set(from.headers).send({ email, password: goodPassword })
    expect(rest.status).toBe(429)
  })

  test('is told 429 of sign-ups, and makes no account', async () => {
    const at = await start({ LIMIT_SIGN_UPS: '1/100000' })
    const from = { at, headers: freshPlace() }
    expect((await register({ email: freshEmail() }, from)).body.data.register.status).toBe(201)
    const email = freshEmail()
    const res = await register({ email }, from)
    const errors = [{ path: '', message: 'Too many requests.' }]
    expect(res.body).toEqual({ data: { register: { status: 429, errors, payload: null } } })
    expect(res.headers['retry-after']).toMatch(/^\d+$/)
    expect((await login({ email })).body.data.login.status).toBe(401)
  })

  test('is told of refreshes by an error, and keeps its session', async () => {
    const at = await start({ LIMIT_REFRESHES: '3/60' })
    const { email } = await signUp(wide)
    const { refreshToken } = await loggedIn(email)
    for (let i = 0; i < 3; i++) expect(codeOf(await refresh(refreshToken, { at }))).toBeUndefined()
    const res = await refresh(refreshToken, { at })
    expect([res.status, codeOf(res), res.body.errors[0].extensions.status]).toEqual([200, 'too-many-requests', 429])
    expect(res.headers['retry-after']).toMatch(/^\d+$/)
    // another session is not held up, and at another server this one is not
    expect(codeOf(await refresh((await loggedIn(email)).refreshToken, { at }))).toBeUndefined()
    expect(codeOf(await refresh(refreshToken))).toBeUndefined()
  })
})

describe('an older client of whom a challenge is asked', () => {
  const asked = { status: 400, errors: [{ path: '', message: 'A challenge has to be solved first.' }], payload: null }

  test('is told 400 about no argument, and neither account nor session is made', async () => {
    const at = await start({ LIMIT_FREE_SIGN_UPS: '1/100000', GUESSES_IN_A_ROW: '1' })
    const from = { at, headers: freshPlace() }
    expect((await register({ email: freshEmail() }, from)).body.data.register.status).toBe(201)
    const email = freshEmail()
    expect((await register({ email }, from)).body).toEqual({ data: { register: asked } })
    // nobody has that account: neither before nor after
    expect((await login({ email }, from)).body.data.login.status).toBe(401)
    expect((await login({ email }, { at, headers: freshPlace() })).body).toEqual({ data: { login: asked } })
  })
})
