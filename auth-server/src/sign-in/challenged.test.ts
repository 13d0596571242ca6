import { solve, written } from '../testing/challenged-server.ts'
import { turningDrivers } from '../testing/drivers.ts'
import {
  freshAddress,
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'
import { from } from '../testing/limited-servers.ts'

let server: TestServer
/** Of the same stores, for whoever is signed up beforehand. */
let wide: TestServer
const started: TestServer[] = []
const start = async (settings: Record<string, string>) => {
  const other = await startAuthServer({ CHALLENGE_WORK: '20', TRUSTED_PROXIES: '127.0.0.1', ...settings })
  started.push(other)
  return other
}
beforeAll(async () => {
  wide = await start({})
  server = await start({ LIMIT_FREE_SIGN_UPS: '2/100000', GUESSES_IN_A_ROW: '5', GUESSES_FREE: '3' })
})
afterAll(async () => {
  for (const each of started) await each.close()
})

const solution = async (action: 'sign-in' | 'sign-up', at = server) =>
  written(await solve((await at.http.get(`/api/challenge?action=${action}`)).body))

describe.each(turningDrivers)('a sign-up by $name, when many came from the address', driver => {
  const up = (address: string, more: { challenge?: string } = {}, email = freshEmail(), at = server) =>
    driver.signUp(at, { email, password: goodPassword, ...more }, from(address))

  test('asks for a challenge from the third on, and makes the account of whoever has passed it', async () => {
    const address = freshAddress()
    expect([(await up(address)).status, (await up(address)).status]).toEqual([201, 201])
    const email = freshEmail()
    const asked = await up(address, {}, email)
    expect([asked.status, asked.code, setCookies(asked.res)]).toEqual([400, 'challenge-required', []])
    expect((await up(address, { challenge: 'made up' }, email)).code).toBe('challenge-failed')
    expect((await up(address, { challenge: await solution('sign-in') }, email)).code).toBe('challenge-failed')
    const { rounds } = server.passwords.stats()
    const challenge = await solution('sign-up')
    const made = await up(address, { challenge }, email)
    expect([made.status, typeof made.refreshToken]).toEqual([201, 'string'])
    expect(server.passwords.stats().rounds - rounds).toBe(2 ** 4)
    // each counts once
    expect((await up(address, { challenge })).code).toBe('challenge-failed')
    // and nobody else is asked
    expect((await up(freshAddress())).status).toBe(201)
  })

  test('costs one sign-up of the address, however often it is asked for; a made-up solution costs one too', async () => {
    const narrow = await start({ LIMIT_FREE_SIGN_UPS: '1/100000', LIMIT_SIGN_UPS: '4/100000' })
    const address = freshAddress()
    const send = (more: { challenge?: string } = {}) => up(address, more, freshEmail(), narrow)
    expect((await send()).status).toBe(201)
    for (let i = 0; i < 6; i++) expect((await send()).code).toBe('challenge-required')
    for (let i = 0; i < 2; i++) expect((await send({ challenge: await solution('sign-up', narrow) })).status).toBe(201)
    expect((await send({ challenge: 'made up' })).code).toBe('challenge-failed')
    expect((await send({ challenge: 'made up' })).status).toBe(429)
  })

  test('asks for none where challenges are off', async () => {
    const off = await start({ LIMIT_FREE_SIGN_UPS: '1/100000', CHALLENGE_KIND: 'none' })
    const address = freshAddress()
    for (let i = 0; i < 3; i++) expect((await up(address, {}, freshEmail(), off)).status).toBe(201)
  })
})

describe.each(turningDrivers)('a sign-in by $name, when an account was guessed at from everywhere', driver => {
  const signIn = (
    email: string,
    password: string,
    address = freshAddress(),
    more: { challenge?: string } = {},
    at = server,
  ) => driver.signIn(at, { email, password, ...more }, from(address))

  test('asks for a challenge after so many, whether there is an account or not; the right password alone is not enough', async () => {
    const { email } = await signUp(wide)
    for (const each of [email, freshEmail()]) {
      for (let i = 0; i < 5; i++) expect((await signIn(each, 'wrong')).status).toBe(401)
      const asked = await signIn(each, goodPassword)
      expect([asked.status, asked.code]).toEqual([400, 'challenge-required'])
    }
    const { rounds } = server.passwords.stats()
    expect((await signIn(email, goodPassword, undefined, { challenge: 'made up' })).code).toBe('challenge-failed')
    expect((await signIn(email, 'x', undefined, { challenge: await solution('sign-up') })).code).toBe(
      'challenge-failed',
    )
    // no password was looked at
    expect(server.passwords.stats().rounds).toBe(rounds)
    const challenge = await solution('sign-in')
    expect((await signIn(email, 'wrong', undefined, { challenge })).status).toBe(401)
    expect((await signIn(email, goodPassword, undefined, { challenge })).code).toBe('challenge-failed')
    expect((await signIn(email, goodPassword, undefined, { challenge: await solution('sign-in') })).status).toBe(200)
  })

  test('does not ask at the address from which the owner has signed in, and a challenge does not shorten a wait', async () => {
    const { email } = await signUp(wide)
    const address = freshAddress()
    expect((await signIn(email, goodPassword, address)).status).toBe(200)
    for (let i = 0; i < 5; i++) await signIn(email, 'wrong')
    expect((await signIn(email, goodPassword, address)).status).toBe(200)
    const other = freshAddress()
    for (let i = 0; i < 3; i++)
      expect((await signIn(email, 'wrong', other, { challenge: await solution('sign-in') })).status).toBe(401)
    const unused = await solution('sign-in')
    expect((await signIn(email, goodPassword, other, { challenge: unused })).status).toBe(429)
    // which was not used up by that
    expect((await signIn(email, goodPassword, undefined, { challenge: unused })).status).toBe(200)
  })

  test('does not count what is asked for a challenge as a sign-in of the address', async () => {
    const narrow = await start({ LIMIT_SIGN_INS: '2/100000', GUESSES_IN_A_ROW: '1' })
    const { email } = await signUp(wide)
    const address = freshAddress()
    expect((await signIn(email, 'wrong', undefined, {}, narrow)).status).toBe(401)
    for (let i = 0; i < 5; i++) {
      const asked = await signIn(email, goodPassword, address, {}, narrow)
      expect(asked.code).toBe('challenge-required')
    }
    for (let i = 0; i < 3; i++) {
      const passed = { challenge: await solution('sign-in', narrow) }
      expect((await signIn(email, goodPassword, address, passed, narrow)).status).toBe(200)
    }
    // what costs somebody to check it does count
    const other = freshAddress()
    const junk = { challenge: 'made up' }
    for (const code of ['challenge-failed', 'challenge-failed', 'too-many-requests'])
      expect((await signIn(email, goodPassword, other, junk, narrow)).code).toBe(code)
  })

  test('ignores a challenge that was not asked for', async () => {
    const { email } = await signUp(wide)
    expect((await signIn(email, goodPassword, undefined, { challenge: 'made up' })).status).toBe(200)
    const challenge = 'x'.repeat(10_000)
    expect((await signIn(email, goodPassword, undefined, { challenge })).code).toBe('invalid-input')
  })
})

describe('POST /api/signin', () => {
  test.each([1, {}, null])('takes no challenge that is %j', async challenge => {
    const { email } = await signUp(wide)
    const res = await server.http.post('/api/signin').send({ email, password: goodPassword, challenge })
    expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
  })
})
