import bcrypt from 'bcrypt'
import { type Driver, forms } from '../testing/drivers.ts'
import { freshAddress, freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'
import { createLimitedServers, from, looksOf } from '../testing/limited-servers.ts'

let server: TestServer
const { start, closeAll } = createLimitedServers()
beforeAll(async () => {
  server = await startAuthServer()
})
afterEach(closeAll)
afterAll(() => server.close())

const update = (email: string, name: string, change: string, ...values: string[]) =>
  server.postgres.write({ name, text: `update users set ${change} where email_key = $1` }, [email, ...values])
const setHash = (email: string, hash: string) => update(email, 'test-set-hash', 'password_hash = $2', hash)
const disable = (email: string) => update(email, 'test-disable', 'disabled_at = now()')

/** What an answer tells, and the rounds of bcrypt that it cost. */
const toldBy = async (driver: Driver, email: string, password: string) => {
  const before = server.passwords.stats().rounds
  const answer = await driver.signIn(server, { email, password })
  const { status, code } = answer
  return { status, code, looks: looksOf(answer), rounds: server.passwords.stats().rounds - before }
}

describe.each(forms)('a sign-in that is refused, by $name', driver => {
  test('is answered alike for a wrong password, and for accounts that are unknown, disabled, old or unreadable, for as much work', async () => {
    const [known, disabled, legacy, broken] = await Promise.all([1, 2, 3, 4].map(() => signUp(server)))
    if (!known || !disabled || !legacy || !broken) throw new Error()
    await disable(disabled.email)
    await setHash(legacy.email, await bcrypt.hash(goodPassword, 4))
    await setHash(broken.email, '$argon2id$v=19$m=1,t=1,p=1$YQ$YQ')
    const told = (email: string, password: string) => toldBy(driver, email, password)
    const wrong = await told(known.email, 'not the password')
    expect([wrong.status, wrong.code, wrong.rounds]).toEqual([401, 'invalid-credentials', 2 ** 4])
    expect(wrong.looks.headers).not.toHaveProperty('set-cookie')
    expect(await told(freshEmail(), goodPassword)).toEqual(wrong)
    expect(await told(disabled.email, goodPassword)).toEqual(wrong)
    expect(await told(disabled.email, 'not the password')).toEqual(wrong)
    expect(await told(legacy.email, 'not the password')).toEqual(wrong)
    expect(await told(broken.email, goodPassword)).toEqual(wrong)
  })

  test('is answered alike when there were too many, whether there is such an account or not, to the byte', async () => {
    const { email } = await signUp(server)
    const still = Date.now()
    const limited = await start({}, { sessionNow: () => still })
    const [known, unknown] = [from(freshAddress()), from(freshAddress())]
    const nobody = freshEmail()
    for (let i = 0; i < 12; i++) {
      const [first, second] = [
        await driver.signIn(limited, { email, password: 'wrong' }, known),
        await driver.signIn(limited, { email: nobody, password: 'wrong' }, unknown),
      ]
      expect(looksOf(first)).toEqual(looksOf(second))
      expect(first.status).toBe(i < 10 ? 401 : 429)
    }
  })
})
