import { drivers, forms, olderGraphql, rest } from '../testing/drivers.ts'
import {
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
const { start: startLimited, closeAll } = createLimitedServers()
/** It stands still, so that a wait is known to the second. */
const clocks = { sessionNow: () => startedAt }
const startedAt = Date.now()
const start = (settings: Record<string, string> = {}) => startLimited(settings, clocks)
beforeAll(async () => {
  server = await startAuthServer(limits, clocks)
})
afterEach(closeAll)
afterAll(() => server.close())

describe.each(drivers)('wrong passwords at one account, by $name', driver => {
  const signIn = (email: string, password: string, address?: string, at = server) =>
    driver.signIn(at, { email, password }, from(address))
  /** Of each status, how many of these answers. */
  const countOf = (answers: readonly { status: number }[]) => (status: number) =>
    answers.filter(answer => answer.status === status).length

  test('are answered 401 ten times, then 429, which says when to come back', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    expect(await statuses(10, () => signIn(email, 'wrong', address))).toEqual(repeated(401, 10))
    // in whatever form it comes
    for (let i = 0; i < 3; i++) {
      const refused = await signIn(email, goodPassword, address)
      expect([refused.status, refused.code]).toEqual([429, 'too-many-requests'])
      expect(refused.headers).toMatchObject({
        'retry-after': '30',
        ratelimit: '"guesses";r=0;t=30',
        'ratelimit-policy': '"guesses";q=10;w=900',
      })
      expect([refused.accessToken, refused.refreshToken, setCookies(refused.res)]).toEqual([undefined, undefined, []])
    }
  })

  test('whatever the case of its email', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    const cases = [email, email.toUpperCase(), ` ${email} `, email]
    expect(await statuses(10, i => signIn(cases[i % 4] as string, 'wrong', address))).toEqual(repeated(401, 10))
    for (const each of cases) expect((await signIn(each, 'wrong', address)).status).toBe(429)
  })

  test('do not keep the owner out who comes from elsewhere', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    await statuses(11, () => signIn(email, 'wrong', address))
    expect((await signIn(email, goodPassword)).status).toBe(200)
    expect((await signIn(email, goodPassword, address)).status).toBe(429)
  })

  test('do not keep the owner out in the midst of them', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    const guessing = Promise.all(Array.from({ length: 60 }, (_, i) => signIn(email, `wrong ${i}`, address)))
    const own = await Promise.all(Array.from({ length: 20 }, () => signIn(email, goodPassword)))
    expect(own.map(({ status }) => status)).toEqual(repeated(200, 20))
    const counted = countOf(await guessing)
    expect([counted(401), counted(429)]).toEqual([10, 50])
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
    const counted = countOf(answers)
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

  test('are forgotten after a right one', async () => {
    const { email } = await signUp(server)
    const address = freshAddress()
    expect(await statuses(9, () => signIn(email, 'wrong', address))).toEqual(repeated(401, 9))
    expect((await signIn(email, goodPassword, address)).status).toBe(200)
    expect(await statuses(11, () => signIn(email, 'wrong', address))).toEqual([...repeated(401, 10), 429])
  })

  test('from everywhere are so many in a row, then a challenge is asked for', async () => {
    const narrow = await start({ GUESSES_IN_A_ROW: '6' })
    const { email } = await signUp(server)
    for (const each of [email, freshEmail()]) {
      expect(await statuses(6, () => signIn(each, 'wrong', undefined, narrow))).toEqual(repeated(401, 6))
      for (let i = 0; i < 3; i++) {
        const asked = await signIn(each, goodPassword, undefined, narrow)
        expect([asked.status, asked.code, asked.accessToken]).toEqual([400, 'challenge-required', undefined])
      }
    }
  })
})

describe('guesses in another form', () => {
  test('are not ten more: what was used up in one is used up in all', async () => {
    for (const guessed of forms) {
      const { email } = await signUp(server)
      const headers = from()
      const guess = () => guessed.signIn(server, { email, password: 'wrong' }, headers)
      expect(await statuses(11, guess)).toEqual([...repeated(401, 10), 429])
      for (const other of forms)
        expect((await other.signIn(server, { email, password: goodPassword }, headers)).status).toBe(429)
    }
  })

  test('are forgotten after a right one in this', async () => {
    const { email } = await signUp(server)
    const headers = from()
    const guess = () => rest.signIn(server, { email, password: 'wrong' }, headers)
    await statuses(9, guess)
    expect((await olderGraphql.signIn(server, { email, password: goodPassword }, headers)).status).toBe(200)
    expect(await statuses(11, guess)).toEqual([...repeated(401, 10), 429])
  })
})
