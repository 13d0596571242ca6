import { request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { drivers, graphql, olderGraphql, rest } from '../testing/drivers.ts'
import {
  cookieOf,
  freshAddress,
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'
import { createLimitedServers, from, limits, repeated, statuses } from '../testing/limited-servers.ts'

let server: TestServer
const { start, closeAll } = createLimitedServers()
beforeAll(async () => {
  server = await startAuthServer(limits)
})
afterEach(closeAll)
afterAll(() => server.close())

const post = (path: string, body: object, address = freshAddress(), at = server) =>
  at.http.post(path).set('X-Forwarded-For', address).send(body)
const signIn = (email: string, password: string, address?: string, at?: TestServer) =>
  post('/api/signin', { email, password }, address, at)

describe('wrong passwords at one account', () => {
  test('are answered, once there were too many, with a problem', async () => {
    const address = freshAddress()
    const guess = () => signIn('nobody@example.com', 'wrong', address)
    await statuses(10, guess)
    const refused = await guess()
    expect(refused.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(refused.body).toEqual({
      type: 'urn:auth-pair:problem:too-many-requests',
      title: 'Too many requests',
      status: 429,
      code: 'too-many-requests',
      requestId: expect.any(String),
    })
    expect(setCookies(refused)).toEqual([])
  })

  test('do not keep the owner out at the same address, in a browser that was signed in before', async () => {
    const email = freshEmail()
    const address = freshAddress()
    const up = await post('/api/signup', { email, password: goodPassword }, address)
    const device = cookieOf(up, 'xid_device')
    const inTheBrowser = (password: string) => signIn(email, password, address).set('Cookie', `xid_device=${device}`)
    await statuses(11, () => signIn(email, 'wrong', address))
    const back = await inTheBrowser(goodPassword)
    expect([back.status, typeof cookieOf(back, 'xid_device')]).toEqual([200, 'string'])
    expect((await signIn(email, goodPassword, address)).status).toBe(429)
    // a browser has ten guesses too, and not more
    expect(await statuses(11, () => inTheBrowser('wrong'))).toEqual([...repeated(401, 10), 429])
    // two of the same name count as none
    const twice = await signIn(email, goodPassword, address).set('Cookie', `xid_device=${device}; xid_device=${device}`)
    expect(twice.status).toBe(429)
  })
})

describe('sign-ins from one address', () => {
  test('do not keep out who comes in a known browser, who has limits of their own', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '2/100000', LIMIT_ALL_SIGN_INS: '4/100000' })
    const address = freshAddress()
    const email = freshEmail()
    const up = await post('/api/signup', { email, password: goodPassword }, address, limited)
    const cookie = `xid_device=${cookieOf(up, 'xid_device')}`
    expect(await statuses(3, () => signIn(freshEmail(), 'wrong', address, limited))).toEqual([401, 401, 429])
    expect((await signIn(email, goodPassword, address, limited)).status).toBe(429)
    const inTheBrowser = () => signIn(email, goodPassword, address, limited).set('Cookie', cookie)
    expect(await statuses(5, inTheBrowser)).toEqual([...repeated(200, 4), 429])
    // another browser of the same account is no way around
    const second = cookieOf(await signIn(email, goodPassword, undefined, limited), 'xid_device')
    expect((await inTheBrowser().set('Cookie', `xid_device=${second}`)).status).toBe(429)
  })

  test('count by the address of the connection, also of IPv4 ones to a socket that takes both', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '1/99999', TRUSTED_PROXIES: '' })
    const statusFrom = (localAddress: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { 'Content-Type': 'application/json' }
        const req = httpRequest(`${limited.url}/api/signin`, { method: 'POST', localAddress, headers }, res => {
          res.resume()
          resolve(res.statusCode)
        })
        req.on('error', reject)
        req.end(JSON.stringify({ email: freshEmail(), password: 'wrong' }))
      })
    const addresses = ['127.0.0.3', '127.0.0.3', '127.0.0.4', '127.0.0.4']
    const answers: unknown[] = []
    for (const address of addresses) answers.push(await statusFrom(address))
    expect(answers).toEqual([401, 429, 401, 429])
  })

  test('believe of a chain of proxies the one before the first that is trusted', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '2/100000', TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' })
    const send = (chain: string) => signIn(freshEmail(), 'wrong', chain, limited)
    expect(await statuses(3, i => send(`203.0.113.${i}, 198.51.100.1, 10.0.0.1`))).toEqual([401, 401, 429])
    expect((await send('198.51.100.1, 198.51.100.2, 10.9.9.9')).status).toBe(401)
  })
})

describe.each(drivers)('by $name, while Redis does not answer', driver => {
  test('no password is looked at: nobody could sign in, and nobody learns which one is right', async () => {
    const alone = await start({ REDIS_URL: 'redis://127.0.0.1:9' })
    const { email } = await signUp(server)
    const { rounds } = alone.passwords.stats()
    const passwords = ['wrong', goodPassword]
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        driver.signIn(alone, { email, password: passwords[i % 2] as string }, from()),
      ),
    )
    expect(new Set(answers.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['503 unavailable']))
    const up = await driver.signUp(alone, { email: freshEmail(), password: goodPassword }, from())
    expect([up.status, up.code]).toEqual([503, 'unavailable'])
    expect(alone.passwords.stats().rounds).toBe(rounds)
  })
})

describe.each([rest, graphql, olderGraphql])('by $name, a server that has its hands full of passwords', driver => {
  test('says 503 busy at once, and counts no guess', async () => {
    const full = await start({ BCRYPT_COST: '12', HASHING_THREADS: '1', HASHING_MAX_WAITING: '1' })
    const headers = from()
    const email = freshEmail()
    const guess = (password: string, at = full) => driver.signIn(at, { email, password }, headers)
    const running = Array.from({ length: 2 }, async (_, i) => (await guess(`wrong ${i}`)).status)
    while (full.passwords.stats().waiting < 1) await wait(1)
    // all at once: it is full for no longer than a hash takes
    const [answers, unread, ready, refreshed] = await Promise.all([
      Promise.all([
        guess('wrong'),
        driver.signUp(full, { email, password: goodPassword }, headers),
        // nobody has looked at the input, at REST not even whether it is JSON
        driver.signIn(full, { email: '', password: '' }, headers),
        driver.signUp(full, { email: '', password: '' }, headers),
      ]),
      Promise.all(
        ['/api/signup', '/api/signin'].map(path =>
          full.http.post(path).set('Content-Type', 'text/plain').send('x'.repeat(50_000)),
        ),
      ),
      // what needs no hash is served
      full.http.get('/health/ready'),
      driver.refresh(full, 'x'),
    ])
    for (const { status, code, res } of answers) {
      expect([status, code, setCookies(res)]).toEqual([503, 'busy', []])
      expect(Number(res.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    }
    expect(unread.map(({ body }) => body.code)).toEqual(['busy', 'busy'])
    expect([ready.status, refreshed.status]).toEqual([200, 401])
    expect(await Promise.all(running)).toEqual([401, 401])
    // those two count, at a server that is quicker too
    expect(await statuses(9, () => guess('wrong', server))).toEqual([...repeated(401, 8), 429])
  }, 30_000)
})
