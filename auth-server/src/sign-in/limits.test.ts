import { randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import {
  cookieOf,
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'

const limits = {
  GUESSES_FREE: '10',
  LIMIT_SIGN_INS: '1000000/1000',
  LIMIT_SIGN_UPS: '1000000/1000',
  LIMIT_FREE_SIGN_UPS: '1000000/1000',
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

const start = async (settings: Record<string, string> = {}, clocks: { sessionNow?: () => number } = {}) => {
  const other = await startAuthServer({ ...limits, ...settings }, clocks)
  others.push(other)
  return other
}

/** An address that no other test has. */
const freshAddress = () => {
  const groups = randomUUID().replaceAll('-', '').slice(0, 12).match(/.{4}/g) ?? []
  return `2001:db8:${groups.join(':')}::1`.replace(/^2001:db8:(\w+):(\w+):(\w+)::1$/, '2001:$1:$2:$3::1')
}
const post = (path: string, body: object, address = freshAddress(), at = server) =>
  at.http.post(path).set('X-Forwarded-For', address).send(body)
const signIn = (email: string, password: string, address?: string, at?: TestServer) =>
  post('/api/signin', { email, password }, address, at)
const statuses = async (count: number, send: (i: number) => PromiseLike<{ status: number }>): Promise<number[]> => {
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push((await send(i)).status)
  return all
}
const repeated = (status: number, count: number): number[] => Array.from({ length: count }, () => status)

describe('wrong passwords at one account', () => {
  test('are answered 401 ten times, then 429, which says when to come back', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    expect(await statuses(10, () => signIn(email, 'wrong', address))).toEqual(repeated(401, 10))
    const refused = await signIn(email, goodPassword, address)
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': expect.stringMatching(/^(30|29|28)$/),
      ratelimit: `"guesses";r=0;t=${refused.headers['retry-after']}`,
      'ratelimit-policy': '"guesses";q=10;w=900',
    })
    expect(refused.body).toEqual({
      type: 'urn:auth-pair:problem:too-many-requests',
      title: 'Too many requests',
      status: 429,
      code: 'too-many-requests',
      requestId: expect.any(String),
    })
    expect(setCookies(refused)).toEqual([])
  })

  test('are answered alike when there is no such account, to the byte', async () => {
    const { email } = await signUp(server)
    const strip = ({ status, headers, text }: Awaited<ReturnType<typeof signIn>>) => {
      const { date, 'x-request-id': id, ...others } = headers as Record<string, string>
      return { status, others, text: text.replace(String(id), '') }
    }
    const [known, unknown] = [freshAddress(), freshAddress()]
    const nobody = freshEmail()
    const now = Date.now()
    const still = await start({}, { sessionNow: () => now })
    for (let i = 0; i < 12; i++) {
      const answers = [await signIn(email, 'wrong', known, still), await signIn(nobody, 'wrong', unknown, still)].map(
        strip,
      )
      // a request id may be a character longer than the next
      for (const { others } of answers) delete others['content-length']
      expect(answers[0]).toEqual(answers[1])
      expect(answers[0]?.status).toBe(i < 10 ? 401 : 429)
    }
  })

  test('whatever the case of its email', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    const cases = [email, email.toUpperCase(), ` ${email} `]
    expect(await statuses(10, i => signIn(cases[i % 3] as string, 'wrong', address))).toEqual(repeated(401, 10))
    for (const each of cases) expect((await signIn(each, 'wrong', address)).status).toBe(429)
  })

  test('do not keep the owner out who comes from elsewhere', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    await statuses(11, () => signIn(email, 'wrong', address))
    expect((await signIn(email, goodPassword)).status).toBe(200)
    expect((await signIn(email, goodPassword, address)).status).toBe(429)
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

  test('two hundred at once, at two servers, cost ten hashes', async () => {
    const { email } = await signUp(server)
    const second = await start()
    const address = freshAddress()
    const rounds = () => server.passwords.stats().rounds + second.passwords.stats().rounds
    const before = rounds()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => signIn(email, `wrong ${i}`, address, i % 2 ? server : second)),
    )
    const counted = (status: number) => answers.filter(answer => answer.status === status).length
    expect([counted(401), counted(429)]).toEqual([10, 190])
    expect(rounds() - before).toBe(10 * 2 ** 4)
  })

  test('that are the same, from many addresses, cost one hash', async () => {
    const slow = await start({ BCRYPT_COST: '11', HASHING_THREADS: '1' })
    const email = freshEmail()
    const { rounds } = slow.passwords.stats()
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(email, 'wrong', undefined, slow)))
    expect(answers.map(({ status }) => status)).toEqual(repeated(401, 20))
    expect((slow.passwords.stats().rounds - rounds) / 2 ** 11).toBeLessThan(4)
  })

  test('count for right ones in between: twenty right ones at once are all let in', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(email, goodPassword, address)))
    expect(answers.map(({ status }) => status)).toEqual(repeated(200, 20))
  })
})

describe('sign-ins from one address', () => {
  test('that are wrong are limited over all accounts, and come back with time', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '20/10' })
    const address = freshAddress()
    const spray = () => signIn(freshEmail(), 'Winter2026!', address, limited)
    const answers = await statuses(40, spray)
    const made = answers.filter(status => status === 401).length
    expect(made).toBeGreaterThanOrEqual(20)
    expect(made).toBeLessThan(30)
    expect(answers).toContain(429)
    let refused = await spray()
    // one comes back every half a second
    while (refused.status !== 429) refused = await spray()
    expect(refused.headers['ratelimit-policy']).toBe('"sign-in";q=20;w=10')
    // another account at another address is served, and so is one after a while
    expect((await signIn(freshEmail(), 'wrong', undefined, limited)).status).toBe(401)
    await wait(Number(refused.headers['retry-after']) * 1000)
    expect((await spray()).status).toBe(401)
  })

  test('that are right do not count, and clear nothing of the wrong ones', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '5/100000' })
    const { email } = await signUp(limited)
    const address = freshAddress()
    expect(await statuses(12, () => signIn(email, goodPassword, address, limited))).toEqual(repeated(200, 12))
    expect(await statuses(4, () => signIn(freshEmail(), 'wrong', address, limited))).toEqual(repeated(401, 4))
    expect(await statuses(3, () => signIn(email, goodPassword, address, limited))).toEqual(repeated(200, 3))
    expect(await statuses(2, () => signIn(freshEmail(), 'wrong', address, limited))).toEqual([401, 429])
  })

  test('that are right are limited too, so that nobody keeps the threads busy alone; refused ones do not count', async () => {
    const limited = await start({ LIMIT_ALL_SIGN_INS: '6/100000', LIMIT_SIGN_INS: '2/100000', GUESSES_FREE: '1' })
    const [{ email }, other] = [await signUp(limited), await signUp(limited)]
    const address = freshAddress()
    expect((await signIn(email, 'wrong', address, limited)).status).toBe(401)
    // a program with an old password does not use up what its neighbours need
    expect(await statuses(10, () => signIn(email, 'wrong', address, limited))).toEqual(repeated(429, 10))
    expect(await statuses(5, () => signIn(other.email, goodPassword, address, limited))).toEqual(repeated(200, 5))
    const refused = await signIn(other.email, goodPassword, address, limited)
    expect([refused.status, refused.headers['ratelimit-policy']]).toEqual([429, '"all-sign-ins";q=6;w=100000'])
    expect((await signIn(other.email, goodPassword, undefined, limited)).status).toBe(200)
  })

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

  test('count by the network of an IPv6 address, and by the whole of an IPv4 one', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '3/100000' })
    const send = (address: string) => signIn(freshEmail(), 'wrong', address, limited)
    const prefix = freshAddress().replace('::1', '')
    expect(await statuses(4, i => send(`${prefix}::${i}`))).toEqual([401, 401, 401, 429])
    const mapped = [`203.0.113.7`, '::ffff:203.0.113.7', '::ffff:cb00:7107', '203.0.113.7']
    expect(await statuses(4, i => send(mapped[i] as string))).toEqual([401, 401, 401, 429])
    expect((await send('203.0.113.8')).status).toBe(401)
  })

  test('count by the address of the connection, also of IPv4 ones to a socket that takes both', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '1/99999', TRUSTED_PROXIES: '' })
    const from = (localAddress: string) =>
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
    for (const address of addresses) answers.push(await from(address))
    expect(answers).toEqual([401, 429, 401, 429])
  })

  test('count by the connection when no proxy is trusted, whatever the headers say', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '10/100000', TRUSTED_PROXIES: '' })
    const claims = (i: number) => ({
      'X-Forwarded-For': `203.0.113.${i}, 198.51.100.${i}`,
      Forwarded: `for=203.0.113.${i}`,
      'X-Real-IP': `203.0.113.${i}`,
      'X-Client-IP': `203.0.113.${i}`,
      'CF-Connecting-IP': `203.0.113.${i}`,
    })
    const answers = await statuses(60, i =>
      limited.http.post('/api/signin').set(claims(i)).send({ email: freshEmail(), password: 'wrong' }),
    )
    expect(answers.filter(status => status === 401)).toHaveLength(10)
    expect(answers.slice(10)).toEqual(repeated(429, 50))
  })

  test('believe of a chain of proxies the one before the first that is trusted', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '2/100000', TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' })
    const send = (chain: string) => signIn(freshEmail(), 'wrong', chain, limited)
    expect(await statuses(3, i => send(`203.0.113.${i}, 198.51.100.1, 10.0.0.1`))).toEqual([401, 401, 429])
    expect((await send('198.51.100.1, 198.51.100.2, 10.9.9.9')).status).toBe(401)
  })
})

describe('sign-ups from one address', () => {
  test('are limited, taken emails included', async () => {
    const limited = await start({ LIMIT_SIGN_UPS: '5/100000' })
    const address = freshAddress()
    const { email } = await signUp(server)
    const up = (i: number) =>
      post('/api/signup', { email: i % 2 ? email : freshEmail(), password: goodPassword }, address, limited)
    expect(await statuses(7, up)).toEqual([201, 409, 201, 409, 201, 429, 429])
    expect((await up(0)).headers['ratelimit-policy']).toBe('"sign-up";q=5;w=100000')
    expect(
      (await post('/api/signup', { email: freshEmail(), password: goodPassword }, undefined, limited)).status,
    ).toBe(201)
  })
})

describe('refreshes of one session', () => {
  test('are limited at each server, and the session lives on', async () => {
    const limited = await start({ LIMIT_REFRESHES: '5/2' })
    const one = await signUp(limited)
    const other = await signUp(limited)
    const refresh = (refreshToken: string) => limited.http.post('/api/refresh').send({ refreshToken })
    expect(await statuses(7, () => refresh(one.refreshToken))).toEqual([...repeated(200, 5), 429, 429])
    const refused = await refresh(one.refreshToken)
    expect([refused.headers['ratelimit-policy'], setCookies(refused)]).toEqual(['"refresh";q=5;w=2', []])
    expect((await refresh(other.refreshToken)).status).toBe(200)
    await wait(Number(refused.headers['retry-after']) * 1000)
    expect((await refresh(one.refreshToken)).status).toBe(200)
  })
})

describe('while Redis does not answer', () => {
  test('no password is looked at: nobody could sign in, and nobody learns which one is right', async () => {
    const alone = await start({ REDIS_URL: 'redis://127.0.0.1:9' })
    const { email } = await signUp(server)
    const { rounds } = alone.passwords.stats()
    const passwords = ['wrong', goodPassword]
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => signIn(email, passwords[i % 2] as string, undefined, alone)),
    )
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.code}`))).toEqual(new Set(['503 unavailable']))
    const up = await post('/api/signup', { email: freshEmail(), password: goodPassword }, undefined, alone)
    expect([up.status, up.body.code]).toEqual([503, 'unavailable'])
    expect(alone.passwords.stats().rounds).toBe(rounds)
  })
})

describe('a server that has its hands full of passwords', () => {
  test('says 503 busy at once, before it reads the body, and counts no guess', async () => {
    const full = await start({ BCRYPT_COST: '12', HASHING_THREADS: '1', HASHING_MAX_WAITING: '1' })
    const address = freshAddress()
    const email = freshEmail()
    const running = Array.from({ length: 2 }, (_, i) =>
      signIn(email, `wrong ${i}`, address, full).then(({ status }) => status),
    )
    while (full.passwords.stats().waiting < 1) await wait(1)
    const refused = await signIn(email, 'wrong', address, full)
    expect([refused.status, refused.body.code]).toEqual([503, 'busy'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(setCookies(refused)).toEqual([])
    // not even JSON: nobody has looked
    for (const path of ['/api/signup', '/api/signin']) {
      const unread = await full.http.post(path).set('Content-Type', 'text/plain').send('x'.repeat(50_000))
      expect(unread.body.code).toBe('busy')
    }
    // what needs no hash is served
    expect((await full.http.get('/health/ready')).status).toBe(200)
    expect((await full.http.post('/api/refresh')).status).toBe(401)
    expect(await Promise.all(running)).toEqual([401, 401])
    expect(await statuses(9, () => signIn(email, 'wrong', address, full))).toEqual([...repeated(401, 8), 429])
  }, 30_000)
})
