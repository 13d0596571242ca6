import { askGraphql, freshAddress, logIn } from '../testing/ask-graphql.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

const limits = {
  GUESSES_FREE: '4',
  LIMIT_SIGN_INS: '1000000/1000',
  // so that a test can come from any address
  TRUSTED_PROXIES: '127.0.0.1',
}
let server: TestServer
const others: TestServer[] = []
beforeAll(async () => {
  server = await startAuthServer(limits)
})
afterEach(async () => {
  for (const other of others.splice(0)) await other.close()
})
afterAll(() => server.close())

const start = async (settings: Record<string, string>) => {
  const other = await startAuthServer({ ...limits, ...settings })
  others.push(other)
  return other
}

interface Attempt {
  readonly at: TestServer
  readonly email: string
  readonly password: string
  readonly address: string
}

const byGraphql = async (operation: string, { at, email, password, address }: Attempt) => {
  const query = `mutation ($email: String!, $password: String!) { done: ${operation} }`
  const res = await askGraphql(at, { query, variables: { email, password } }).set('X-Forwarded-For', address)
  const { data, errors } = res.body
  return { status: data?.done?.status ?? errors?.[0].extensions.status ?? 200, headers: res.headers }
}
const byRest = (path: string, { at, email, password, address }: Attempt) =>
  at.http.post(path).set('X-Forwarded-For', address).send({ email, password })

type Way = (attempt: Attempt) => PromiseLike<{ status: number; headers: Record<string, string> }>
const login: Way = attempt => byGraphql('login(email: $email, password: $password) { status }', attempt)
const signIn: Way = attempt => byGraphql('signIn(email: $email, password: $password) { accessToken }', attempt)
const restSignIn: Way = attempt => byRest('/api/signin', attempt)
const register: Way = attempt => byGraphql('register(email: $email, password: $password) { status }', attempt)
const signUpByGraphql: Way = attempt => byGraphql('signUp(email: $email, password: $password) { accessToken }', attempt)
const restSignUp: Way = attempt => byRest('/api/signup', attempt)

const waysIn: readonly Way[] = [login, restSignIn, signIn]

const statuses = async (ways: readonly Way[], attemptOf: (i: number) => Attempt): Promise<number[]> => {
  const all: number[] = []
  for (const [i, way] of ways.entries()) all.push((await way(attemptOf(i))).status)
  return all
}

describe('guesses of GraphQL and of REST', () => {
  test.each([
    ['login', [login, login, login, login]],
    ['signIn', [signIn, signIn, signIn, signIn]],
    ['REST', [restSignIn, restSignIn, restSignIn, restSignIn]],
    ['all of them in turn', [login, restSignIn, signIn, login]],
  ])('at one account are the same: four by %s are all there are', async (_, ways) => {
    const { email } = await signUp(server)
    const attempt = { at: server, email, password: 'wrong', address: freshAddress() }
    expect(await statuses(ways, () => attempt)).toEqual([401, 401, 401, 401])
    const { rounds } = server.passwords.stats()
    for (const way of waysIn) {
      const refused = await way({ ...attempt, password: goodPassword })
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, expect.stringMatching(/^[1-9]\d?$/)])
    }
    expect(server.passwords.stats().rounds).toBe(rounds)
    // the owner, who is elsewhere
    const elsewhere = { ...attempt, password: goodPassword, address: freshAddress() }
    expect(await statuses(waysIn, () => elsewhere)).toEqual([200, 200, 200])
  })

  test('are counted alike where there is no account', async () => {
    const attempt = { at: server, email: freshEmail(), password: 'wrong', address: freshAddress() }
    expect(await statuses([...waysIn, login, ...waysIn], () => attempt)).toEqual([401, 401, 401, 401, 429, 429, 429])
  })

  test('are four also when sixty come at once', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    const { rounds } = server.passwords.stats()
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        (waysIn[i % 3] as Way)({ at: server, email, password: `wrong ${i}`, address }),
      ),
    )
    const counted = (status: number) => answers.filter(answer => answer.status === status).length
    expect([counted(401), counted(429)]).toEqual([4, 56])
    expect(server.passwords.stats().rounds - rounds).toBe(4 * 2 ** 4)
  })

  test('from one address at many accounts count together', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '5/100000' })
    const address = freshAddress()
    const spray = () => ({ at: limited, email: freshEmail(), password: 'Winter2026!', address })
    expect(await statuses([...waysIn, ...waysIn, ...waysIn], spray)).toEqual([
      401, 401, 401, 401, 401, 429, 429, 429, 429,
    ])
  })

  test('and right ones from one address count together', async () => {
    const limited = await start({ LIMIT_ALL_SIGN_INS: '5/100000' })
    const address = freshAddress()
    const { email } = await signUp(limited)
    const right = () => ({ at: limited, email, password: goodPassword, address })
    expect(await statuses([...waysIn, ...waysIn, ...waysIn], right)).toEqual([
      200, 200, 200, 200, 200, 429, 429, 429, 429,
    ])
  })

  test('and accounts that are made from one address count together', async () => {
    const limited = await start({ LIMIT_SIGN_UPS: '4/100000' })
    const address = freshAddress()
    const anew = () => ({ at: limited, email: freshEmail(), password: goodPassword, address })
    const ways = [register, restSignUp, signUpByGraphql]
    expect(await statuses([...ways, ...ways], anew)).toEqual([201, 201, 200, 201, 429, 429])
  })
})

describe('refreshes of one session', () => {
  test('by GraphQL and by REST are limited together', async () => {
    const limited = await start({ LIMIT_REFRESHES: '4/1000' })
    let { refreshToken } = await signUp(limited)
    const byRest = async () => (await limited.http.post('/api/refresh').send({ refreshToken })).body
    const byGraphql = async () => {
      const { body } = await askGraphql(limited, { query: 'mutation { refreshTokens { refreshToken } }' }, refreshToken)
      return body.data?.refreshTokens ?? body.errors[0].extensions
    }
    const answers: unknown[] = []
    for (const refresh of [byRest, byGraphql, byRest, byGraphql, byRest, byGraphql]) {
      const { code, refreshToken: next = refreshToken } = await refresh()
      refreshToken = next
      answers.push(code)
    }
    const [made, refused] = [undefined, 'too-many-requests']
    expect(answers).toEqual([made, made, made, made, refused, refused])
  })

  test('whose refresh token stays the same are limited', async () => {
    const limited = await start({ LIMIT_REFRESHES: '2/1000' })
    const token = await logIn(limited, (await signUp(limited)).email)
    const codes: unknown[] = []
    for (let i = 0; i < 3; i++) {
      const { body } = await askGraphql(limited, { query: 'mutation { refresh }' }, token)
      codes.push(body.errors?.[0].extensions.code)
    }
    expect(codes).toEqual([undefined, undefined, 'too-many-requests'])
  })
})
