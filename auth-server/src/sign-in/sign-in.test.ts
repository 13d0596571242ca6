import bcrypt from 'bcrypt'
import jwt from 'jsonwebtoken'
import { createPasswords } from '../passwords/index.ts'
import { forms, namesIn } from '../testing/drivers.ts'
import { cookieOf, goodPassword, setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'
import { createLimitedServers } from '../testing/limited-servers.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const signIn = (body: object) => server.http.post('/api/signin').send(body)
const setHash = (email: string, hash: string) =>
  server.postgres.write({ name: 'test-set-hash', text: 'update users set password_hash = $2 where email_key = $1' }, [
    email,
    hash,
  ])
const hashAtCost = async (cost: number) => {
  const passwords = createPasswords({ cost, hashing: { threads: 1, maxWaiting: 1, maxWaitMs: 1000 } })
  const hash = await passwords.hash(goodPassword, new AbortController().signal)
  await passwords.close()
  return hash
}
const hashOf = async (email: string) => {
  const [row] = await server.postgres.read<{ password_hash: string }>(
    { name: 'test-hash', text: 'select password_hash from users where email_key = $1' },
    [email],
  )
  return row?.password_hash
}

describe('POST /api/signin', () => {
  test('opens a session of its own each time', async () => {
    const { email, user, refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    const first = await signIn({ email, password: goodPassword })
    const second = await signIn({ email: email.toUpperCase(), password: goodPassword })
    for (const res of [first, second]) {
      expect(res.status).toBe(200)
      expect(res.body).toEqual({ user, accessToken: expect.any(String), tokenType: 'Bearer', expiresIn: 300 })
    }
    // user and session are the first 34 bytes of the token
    const sessions = [refreshToken, cookieOf(first, 'xid_refresh'), cookieOf(second, 'xid_refresh')].map(token =>
      token?.slice(0, 45),
    )
    expect(new Set(sessions).size).toBe(3)
  })

  test('by body gives both tokens in the answer and no cookie', async () => {
    const { email } = await signUp(server)
    const res = await signIn({ email, password: goodPassword, tokenTransport: 'body' })
    expect(res.body.refreshToken).toMatch(/^[A-Za-z0-9_-]{96}$/)
    expect(setCookies(res)).toEqual([])
  })

  test('takes the password verbatim', async () => {
    const { email } = await signUp(server)
    for (const password of [
      ` ${goodPassword}`,
      `${goodPassword} `,
      goodPassword.toUpperCase(),
      `${goodPassword}\u200b`,
    ]) {
      expect((await signIn({ email, password })).status).toBe(401)
    }
  })

  test.each(forms)('twenty at once by $name all succeed, each with a session of its own', async driver => {
    const { email, user } = await signUp(server)
    const credentials = { email, password: goodPassword }
    const answers = await Promise.all(Array.from({ length: 20 }, () => driver.signIn(server, credentials)))
    const names = answers.map(({ accessToken = '' }) => namesIn(accessToken))
    expect(new Set(names.map(({ userId }) => userId))).toEqual(new Set([user.id]))
    expect(new Set(names.map(({ sessionId }) => sessionId)).size).toBe(20)
  })

  test('does not extend a planted session', async () => {
    const planted = await signUp(server, { tokenTransport: 'cookie' })
    const another = await signUp(server)
    const sessionOf = (accessToken: string) => (jwt.decode(accessToken) as { sid: string }).sid
    for (const email of [planted.email, another.email]) {
      const res = await signIn({ email, password: goodPassword }).set('Cookie', `xid_refresh=${planted.refreshToken}`)
      expect(res.status).toBe(200)
      expect(sessionOf(res.body.accessToken)).not.toBe(sessionOf(planted.accessToken))
    }
    const old = await server.http.post('/api/refresh').set('Cookie', `xid_refresh=${planted.refreshToken}`)
    expect(sessionOf(old.body.accessToken)).toBe(sessionOf(planted.accessToken))
  })

  test.each([
    ['a missing email', { password: goodPassword }, 'email'],
    ['a missing password', { email: 'ada@example.com' }, 'password'],
    ['a list as password', { email: 'ada@example.com', password: ['a'] }, 'password'],
    ['a password without end', { email: 'ada@example.com', password: 'x'.repeat(1025) }, 'password'],
    ['a field too many', { email: 'ada@example.com', password: goodPassword, otp: '1' }, 'otp'],
  ])('refuses %s', async (_, body, path) => {
    const res = await signIn(body)
    expect([res.status, res.body.code, res.body.errors]).toEqual([
      400,
      'invalid-input',
      [{ path, message: expect.any(String) }],
    ])
  })
})

describe.each(forms)('sign-ins whose client has gone, by $name', driver => {
  const { start, closeAll } = createLimitedServers()
  afterEach(closeAll)

  test('are not hashed, open no session, and keep nobody waiting', async () => {
    const slow = await start({ BCRYPT_COST: '12', HASHING_MAX_WAIT_MS: '4000' })
    const { email, user } = await signUp(slow)
    const until = async (done: () => boolean) => {
      while (!done()) await new Promise(setImmediate)
    }
    const lookups = jest.spyOn(slow.postgres, 'read')
    const { rounds } = slow.passwords.stats()
    const gone = Array.from({ length: 8 }, (_, i) => {
      const abort = new AbortController()
      const { path, body } = driver.signInRequest({ email, password: `wrong ${i}` })
      const answer = fetch(`${slow.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        signal: abort.signal,
      }).catch(() => undefined)
      return { abort, answer }
    })
    const lookedUp = () => lookups.mock.calls.filter(([{ name }]) => name === 'credentials-by-email').length
    await until(() => lookedUp() === 8 && slow.passwords.stats().waiting > 0)
    for (const { abort } of gone) abort.abort()
    await Promise.all(gone.map(({ answer }) => answer))
    // taken out of the queue at once, not when their turn comes
    await until(() => slow.passwords.stats().waiting === 0)
    const answer = await driver.signIn(slow, { email, password: goodPassword })
    expect(answer.status).toBe(200)
    // those that had begun
    const hashes = (slow.passwords.stats().rounds - rounds) / 2 ** 12
    expect(hashes).toBeLessThan(7)
    lookups.mockRestore()
    expect((await slow.redis.hlen(`sessions:{${user.id}}`)) / 2).toBe(2)
  })
})

describe('hashes at sign-in', () => {
  test.each([
    ['plain bcrypt of another system', async () => (await bcrypt.hash(goodPassword, 4)).replace('$2b$', '$2y$')],
    ['another cost', async () => hashAtCost(5)],
  ])('of %s are rewritten', async (_, make) => {
    const { email } = await signUp(server)
    const old = await make()
    await setHash(email, old)
    expect((await signIn({ email, password: 'wrong' })).status).toBe(401)
    expect(await hashOf(email)).toBe(old)
    const answers = await Promise.all([1, 2, 3].map(() => signIn({ email, password: goodPassword })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const rewritten = await hashOf(email)
    expect(rewritten).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$/)
    expect((await signIn({ email, password: goodPassword })).status).toBe(200)
    expect(await hashOf(email)).toBe(rewritten)
  })

  test.each(['$2b$31$'.padEnd(60, 'a'), '', 'x', '$argon2id$v=19$m=1,t=1,p=1$YQ$YQ'])(
    'that nobody can check (%j) are a 401',
    async hash => {
      const { email } = await signUp(server)
      await setHash(email, hash)
      expect((await signIn({ email, password: goodPassword })).body.code).toBe('invalid-credentials')
    },
  )
})
