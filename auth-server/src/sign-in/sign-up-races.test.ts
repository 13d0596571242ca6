import { type Driver, drivers, olderGraphql, restByCookie } from '../testing/drivers.ts'
import { freshEmail, goodPassword, startAuthServer, type TestServer, testRedis } from '../testing/index.ts'
import { repeated } from '../testing/limited-servers.ts'

let server: TestServer
const redis = testRedis()
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(async () => {
  redis.disconnect()
  await server.close()
})

const accountsOf = (email: string) =>
  server.postgres.read<{ id: string }>({ name: 'test-ids', text: 'select id from users where email_key = $1' }, [email])

/** The keys of sessions that were opened meanwhile, and those among them that are there afterwards. */
const sessionsOpenedBy = async (work: () => Promise<void>) => {
  const openSession = jest.spyOn(server.redis, 'openSession')
  await work()
  const opened = openSession.mock.calls.map(([key]) => String(key))
  openSession.mockRestore()
  const left: string[] = []
  for (const key of opened) if ((await redis.exists(key)) === 1) left.push(key)
  return { opened, left }
}

const opensSession = (driver: Driver) => driver !== olderGraphql && driver !== drivers[3]

describe.each([restByCookie, ...drivers])('sign-ups for one address, by $name', driver => {
  test('fifty at once make one account, with its one session and no other', async () => {
    const email = freshEmail()
    const { opened, left } = await sessionsOpenedBy(async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          driver.signUp(server, { email: i % 2 ? email : email.toUpperCase(), password: goodPassword }),
        ),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...repeated(409, 49)])
      for (const { code, refreshToken } of answers.filter(({ status }) => status === 409))
        expect([code, refreshToken]).toEqual(['email-taken', undefined])
    })
    const [account, ...others] = await accountsOf(email)
    expect([others, left.filter(key => key !== `sessions:{${account?.id}}`)]).toEqual([[], []])
    // `register` opens none at all
    if (driver === olderGraphql) expect(opened).toEqual([])
    if (opensSession(driver)) expect([opened.length, left.length]).toEqual([50, 1])
    expect((await driver.signIn(server, { email, password: goodPassword })).status).toBe(200)
  })

  test('of a taken address is refused, whatever its case, and leaves no session', async () => {
    const email = freshEmail()
    expect((await driver.signUp(server, { email, password: goodPassword })).status).toBe(201)
    const { opened, left } = await sessionsOpenedBy(async () => {
      for (const again of [email, email.toUpperCase(), ` ${email}`]) {
        const { status, code } = await driver.signUp(server, { email: again, password: 'another good one' })
        expect([status, code]).toEqual([409, 'email-taken'])
      }
    })
    if (opensSession(driver)) expect(opened).toHaveLength(3)
    expect(left).toEqual([])
    expect(await accountsOf(email)).toHaveLength(1)
  })
})
