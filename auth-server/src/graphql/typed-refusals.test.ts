import { solve, written } from '../testing/challenged-server.ts'
import { claimsOf, graphqlClient } from '../testing/graphql-client.ts'
import {
  freshAddress,
  freshEmail,
  goodPassword,
  signUp as restSignUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'

let server: TestServer
/** Of the same stores, where nobody is asked for a challenge. */
let wide: TestServer
const now = Date.now()
beforeAll(async () => {
  wide = await startAuthServer()
  server = await startAuthServer(
    {
      TRUSTED_PROXIES: '127.0.0.1',
      CHALLENGE_WORK: '20',
      LIMIT_FREE_SIGN_UPS: '2/100000',
      GUESSES_IN_A_ROW: '5',
      GUESSES_FREE: '2',
      LIMIT_REFRESHES: '2/60',
    },
    // so that an answer and the next have the same wait
    { sessionNow: () => now },
  )
})
afterAll(async () => {
  await server.close()
  await wide.close()
})

const { ask, signUp, signIn, refreshTokens, me, sessions } = graphqlClient(() => server)
const freshPlace = () => ({ 'X-Forwarded-For': freshAddress() })
const solution = async (action: 'sign-in' | 'sign-up') =>
  written(await solve((await server.http.get(`/api/challenge?action=${action}`)).body))
type Answer = Awaited<ReturnType<typeof signIn>>

/** What is refused here is refused by REST in the same words, under another request id. */
const expectAlike = (asked: Answer, rest: Answer, field: string) => {
  const { code, status, title, detail, errors } = rest.body
  expect([asked.status, asked.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  expect(asked.body).toEqual({
    errors: [
      {
        message: detail === undefined ? title : `${title}. ${detail}`,
        locations: [{ line: 1, column: expect.any(Number) }],
        path: [field],
        extensions: { code, status, requestId: asked.headers['x-request-id'], ...(errors && { errors }) },
      },
    ],
    data: null,
  })
  expect(asked.headers['retry-after']).toBe(rest.headers['retry-after'])
  expect(asked.headers['www-authenticate']).toBeUndefined()
  return code
}
const rest = (path: string, body: object, headers: Record<string, string> = {}) =>
  server.http.post(path).set(headers).send(body)

describe('what is refused', () => {
  test('is an error with the code, the status and the words of REST', async () => {
    const { email, accessToken } = await restSignUp(wide)
    const wrong = { email: freshEmail(), password: 'wrong' }
    const bearer = { Authorization: `Bearer ${accessToken}x` }
    const [taken, headers] = [{ email, password: goodPassword }, freshPlace()]
    const codes = [
      expectAlike(await signIn(wrong), await rest('/api/signin', wrong), 'signIn'),
      expectAlike(
        await signUp({ email: 'x' }),
        await rest('/api/signup', { email: 'x', password: goodPassword }),
        'signUp',
      ),
      expectAlike(await signUp({ email }, { headers }), await rest('/api/signup', taken, headers), 'signUp'),
      expectAlike(await refreshTokens('junk'), await rest('/api/refresh', { refreshToken: 'junk' }), 'refreshTokens'),
      expectAlike(await me(), await server.http.get('/api/auth/user'), 'me'),
      expectAlike(await sessions(`${accessToken}x`), await server.http.get('/api/sessions').set(bearer), 'sessions'),
    ]
    expect(codes).toEqual([
      'invalid-credentials',
      'invalid-input',
      'email-taken',
      'session-ended',
      'access-token-required',
      'access-token-invalid',
    ])
  })

  test('has the request id that the client sent', async () => {
    const headers = { 'X-Request-Id': 'a-trace-of-the-client' }
    const res = await signIn({ email: freshEmail(), password: 'wrong' }, { headers })
    expect([res.headers['x-request-id'], res.body.errors[0].extensions.requestId]).toEqual(
      Array(2).fill('a-trace-of-the-client'),
    )
    expect(server.lines).toContainEqual(
      expect.objectContaining({ msg: 'refused', requestId: 'a-trace-of-the-client', code: 'invalid-credentials' }),
    )
  })

  test('for too many guesses, or refreshes, says when to come again', async () => {
    const { email, refreshToken } = await restSignUp(wide)
    const headers = freshPlace()
    for (let i = 0; i < 2; i++) await signIn({ email, password: 'wrong' }, { headers })
    const guess = await rest('/api/signin', { email, password: goodPassword }, headers)
    expect(expectAlike(await signIn({ email }, { headers }), guess, 'signIn')).toBe('too-many-requests')
    for (let i = 0; i < 2; i++) expect((await refreshTokens(refreshToken)).body.errors).toBeUndefined()
    const refresh = await rest('/api/refresh', { refreshToken })
    expect(expectAlike(await refreshTokens(refreshToken), refresh, 'refreshTokens')).toBe('too-many-requests')
  })

  test('of one field is the whole answer: none of them may be missing', async () => {
    const res = await ask('{ __typename me { id } }')
    expect(res.body).toMatchObject({ errors: [{ path: ['me'] }], data: null })
    const { accessToken, user } = await restSignUp(wide)
    const good = await ask('{ __typename me { id } }', { token: accessToken })
    expect(good.body).toEqual({ data: { __typename: 'Query', me: { id: user.id } } })
  })
})

describe('a challenge', () => {
  test('is asked for by signUp when many came from the address, and its solution makes the account', async () => {
    const headers = freshPlace()
    for (let i = 0; i < 2; i++) expect((await signUp({ email: freshEmail() }, { headers })).body.errors).toBeUndefined()
    const email = freshEmail()
    const body = { email, password: goodPassword }
    const asked = await signUp({ email }, { headers })
    expect(expectAlike(asked, await rest('/api/signup', body, headers), 'signUp')).toBe('challenge-required')
    for (const challenge of ['made up', await solution('sign-in')]) {
      const failed = await signUp({ email, challenge }, { headers })
      expect(failed.body.errors[0].extensions).toMatchObject({ code: 'challenge-failed', status: 400 })
    }
    const challenge = await solution('sign-up')
    const made = await signUp({ email, challenge }, { headers })
    expect(made.body.data.signUp.user.email).toBe(email)
    // each counts once
    const again = await signUp({ email: freshEmail(), challenge }, { headers })
    expect(again.body.errors[0].extensions.code).toBe('challenge-failed')
  })

  test('is asked for by signIn when an account was guessed at, and its solution lets the right password in', async () => {
    const { email, user } = await restSignUp(wide)
    for (let i = 0; i < 5; i++) await signIn({ email, password: 'wrong' }, { headers: freshPlace() })
    const headers = freshPlace()
    const body = { email, password: goodPassword }
    const asked = await signIn({ email }, { headers })
    expect(expectAlike(asked, await rest('/api/signin', body, headers), 'signIn')).toBe('challenge-required')
    const challenge = await solution('sign-in')
    const wrong = await signIn({ email, password: 'wrong', challenge }, { headers })
    expect(wrong.body.errors[0].extensions.code).toBe('invalid-credentials')
    const good = await signIn({ email, challenge: await solution('sign-in') }, { headers })
    expect(claimsOf(good.body.data.signIn.accessToken).sub).toBe(user.id)
  })
})
