import { randomUUID } from 'node:crypto'
import { type AuditRow, untilAuditRows } from '../testing/audit-rows.ts'
import { freshAddress, freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer({
    GUESSES_FREE: '1',
    GUESSES_IN_A_ROW: '1',
    LIMIT_SIGN_INS: '4/100000',
    LIMIT_SIGN_UPS: '3/100000',
    LIMIT_REFRESHES: '1/1000',
    TRUSTED_PROXIES: '127.0.0.1',
  })
})
afterAll(() => server.close())

/** The one event that a refused request leaves. */
const eventOf = async (
  path: string,
  body: object,
  expected: { status: number; code: string },
  address = freshAddress(),
): Promise<AuditRow> => {
  const requestId = randomUUID()
  const headers = { 'X-Request-Id': requestId, 'X-Forwarded-For': address, 'User-Agent': 'curl/8.0' }
  const res = await server.http.post(path).set(headers).send(body)
  expect([res.status, res.body.code]).toEqual([expected.status, expected.code])
  const rows = await untilAuditRows(server.postgres, 'request_id', requestId)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ device: 'curl', outcome: 'failure', count: '1' })
  expect(rows[0]?.ip).not.toBeNull()
  return rows[0] as AuditRow
}
const limited = { status: 429, code: 'too-many-requests' }
const failed = { status: 400, code: 'challenge-failed' }
const signIn = (email: string, address: string) =>
  server.http.post('/api/signin').set('X-Forwarded-For', address).send({ email, password: 'wrong' })

describe('what is refused leaves its event', () => {
  test('too many guesses at an account, under a hash of its email', async () => {
    const [email, other] = [freshEmail(), freshEmail()]
    const [one, two] = [freshAddress(), freshAddress()]
    await signIn(email, one)
    await signIn(other, two)
    const body = { password: 'wrong' }
    const events = [
      await eventOf('/api/signin', { ...body, email }, limited, one),
      await eventOf('/api/signin', { ...body, email: email.toUpperCase() }, limited, one),
      await eventOf('/api/signin', { ...body, email: other }, limited, two),
    ]
    for (const event of events)
      expect(event).toMatchObject({ event: 'limit-reached', reason: 'guesses', user_id: null })
    const [first, same, another] = events.map(({ subject }) => subject)
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect([same === first, another === first]).toEqual([true, false])
  })

  test('too many sign-ins and sign-ups of an address', async () => {
    const address = freshAddress()
    for (let i = 0; i < 4; i++) await signIn(freshEmail(), address)
    const credentials = () => ({ email: freshEmail(), password: goodPassword })
    expect(await eventOf('/api/signin', credentials(), limited, address)).toMatchObject({ reason: 'sign-in' })
    for (let i = 0; i < 3; i++)
      await server.http.post('/api/signup').set('X-Forwarded-For', address).send(credentials())
    expect(await eventOf('/api/signup', credentials(), limited, address)).toMatchObject({
      event: 'limit-reached',
      reason: 'sign-up',
    })
  })

  test('too many refreshes of a session, with whose it is', async () => {
    const { refreshToken, user } = await signUp(server)
    await server.http.post('/api/refresh').send({ refreshToken })
    expect(await eventOf('/api/refresh', { refreshToken }, limited)).toMatchObject({
      event: 'limit-reached',
      reason: 'refresh',
      user_id: user.id,
      subject: null,
    })
  })

  test('a challenge that was not passed, and nothing of its solution', async () => {
    const email = freshEmail()
    await signIn(email, freshAddress())
    const body = { email, password: 'wrong', challenge: 'a canary of a solution' }
    const event = await eventOf('/api/signin', body, failed)
    expect(event).toMatchObject({ event: 'challenge-failed', reason: 'it is not of the form of a solution' })
    expect(JSON.stringify(event)).not.toMatch(/canary|@/)
  })
})
