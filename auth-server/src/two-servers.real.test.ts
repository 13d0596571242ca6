import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import bcrypt from 'bcrypt'
import { auditRows } from './testing/audit-rows.ts'
import { drivers, forms, newUserBy, olderGraphql, turningDrivers } from './testing/drivers.ts'
import { goodPassword, signUp, startAuthServer, type TestServer, testEnvironment } from './testing/index.ts'
import { until } from './testing/redis-servers.ts'

jest.setTimeout(60_000)

let servers: [TestServer, TestServer]
let clock = Date.now()
beforeAll(async () => {
  const clocks = { sessionNow: () => clock }
  servers = [await startAuthServer({}, clocks), await startAuthServer({}, clocks)]
})
afterAll(() => Promise.all(servers.map(server => server.close())))

const nth = (i: number): TestServer => servers[i % 2] as TestServer
const whoAmI = (server: TestServer, token: string) =>
  server.http.get('/api/auth/user').set('Authorization', `Bearer ${token}`)

describe.each(turningDrivers)('two auth-servers on the same stores, by $name', driver => {
  test('twenty refreshes at once get one successor', async () => {
    for (let round = 0; round < 20; round++) {
      const { refreshToken } = await newUserBy(driver, servers[0])
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => driver.refresh(nth(i), refreshToken)))
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
      const [successor, ...others] = new Set(answers.map(answer => answer.refreshToken))
      expect([typeof successor, others]).toEqual(['string', []])
      expect(successor).not.toBe(refreshToken)
      clock += 30_000
    }
  })

  test('tabs that race at every turn, each on any of the two, never lose their session', async () => {
    const { refreshToken } = await newUserBy(driver, servers[0])
    let jar = refreshToken
    for (let turn = 0; turn < 50; turn++) {
      clock += 300_000
      const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => driver.refresh(nth(i + turn), jar)))
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
      jar = answers[turn % 6]?.refreshToken ?? ''
    }
  })

  test('a retired token at one of them ends the session at both, and stands in the record once', async () => {
    const { refreshToken, accessToken, sessionId } = await newUserBy(driver, servers[0])
    let token = refreshToken
    for (let turn = 0; turn < 3; turn++) {
      clock += 30_000
      token = (await driver.refresh(nth(turn), token)).refreshToken ?? ''
    }
    clock += 30_000
    const replays = await Promise.all(Array.from({ length: 20 }, (_, i) => driver.refresh(nth(i), refreshToken)))
    expect(new Set(replays.map(({ code }) => code))).toEqual(new Set(['session-ended']))
    for (const server of servers) {
      expect((await driver.refresh(server, token)).code).toBe('session-ended')
      await until(async () => (await whoAmI(server, accessToken)).status === 401, 'both are told')
    }
    const events = (await auditRows(servers[0].postgres, 'session_id', sessionId)).map(({ event }) => event)
    expect(events.filter(event => event === 'token-reuse-detected')).toHaveLength(1)
  })

  test('a reply that one of them lost is asked for again at the other', async () => {
    const { REDIS_URL = '' } = testEnvironment()
    const proxy = await faultProxyOf(REDIS_URL)
    const losing = await startAuthServer({ REDIS_URL: proxy.through(REDIS_URL) }, { sessionNow: () => clock })
    for (let i = 0; (await losing.http.get('/health/ready')).status !== 200 && i < 200; i++) await wait(20)
    const { refreshToken } = await newUserBy(driver, servers[0])
    clock += 300_000
    const lost = proxy.loseReply(/\r\neval(sha)?\r\n/i)
    expect((await driver.refresh(losing, refreshToken)).status).toBe(503)
    expect(lost()).toBe(1)
    const [first, second] = [
      await driver.refresh(servers[0], refreshToken),
      await driver.refresh(servers[1], refreshToken),
    ]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(first.refreshToken).toBe(second.refreshToken)
    await losing.close()
    await proxy.close()
  })
})

describe('two auth-servers on the same stores, a session whose refresh token stays the same', () => {
  test('is refreshed by twenty at once, whatever became of a reply', async () => {
    const { refreshToken } = await newUserBy(olderGraphql, servers[0])
    for (let turn = 0; turn < 10; turn++) {
      clock += 300_000
      const racing = Array.from({ length: 20 }, (_, i) => olderGraphql.refresh(nth(i), refreshToken))
      const accessTokens = (await Promise.all(racing)).map(({ accessToken = '' }) => accessToken)
      for (const token of accessTokens) expect((await whoAmI(nth(turn), token)).status).toBe(200)
    }
  })
})

describe.each(drivers)('two auth-servers on the same stores, by $name', driver => {
  const signIn = (server: TestServer, email: string, password = goodPassword) =>
    driver.signIn(server, { email, password })

  test('fifty sign-ups for one address make one account', async () => {
    const email = `ada-${randomUUID()}@example.com`
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        driver.signUp(nth(i), { email: i % 3 ? email : email.toUpperCase(), password: goodPassword }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(49).fill(409)])
  })

  test('a hundred and fifty sign-ins at once leave a hundred sessions, and the others lose their access tokens', async () => {
    const { email, accessToken } = await signUp(servers[0])
    const answers = await Promise.all(Array.from({ length: 149 }, (_, i) => signIn(nth(i), email)))
    expect(answers.map(({ status }) => status)).toEqual(Array(149).fill(200))
    const tokens = [accessToken, ...answers.map(({ accessToken = '' }) => accessToken)]
    // whom nobody told is told by the record, a second later
    await wait(1500)
    for (const server of servers) {
      const statuses = await Promise.all(tokens.map(async token => (await whoAmI(server, token)).status))
      expect(statuses.filter(status => status === 200)).toHaveLength(100)
      expect(statuses.filter(status => status === 401)).toHaveLength(50)
    }
  })

  test('a password that is rehashed by twenty sign-ins at once stays what it was', async () => {
    const { email } = await signUp(servers[0])
    await servers[0].postgres.write(
      { name: 'old-hash', text: 'update users set password_hash = $2 where email_key = $1' },
      [email, await bcrypt.hash(goodPassword, 4)],
    )
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => signIn(nth(i), email)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect((await signIn(servers[1], email, `${goodPassword}x`)).status).toBe(401)
    expect((await signIn(servers[1], email)).status).toBe(200)
  })
})

describe.each(forms)('what ends a session at one server while the other refreshes it, by $name', driver => {
  const ends = {
    'a sign-out': (server: TestServer, { refreshToken }: { refreshToken: string; accessToken: string }) =>
      driver.signOut(server, refreshToken),
    'sign-out everywhere': (server: TestServer, { accessToken }: { refreshToken: string; accessToken: string }) =>
      server.http.delete('/api/sessions').set('Authorization', `Bearer ${accessToken}`),
  }
  test.each(Object.entries(ends))('%s: once it is answered, no later refresh succeeds anywhere', async (_, end) => {
    for (let round = 0; round < 150; round++) {
      const session = await newUserBy(driver, nth(round))
      const racing = Array.from({ length: 4 }, (_, i) => driver.refresh(nth(i), session.refreshToken))
      const ended = await end(nth(round + 1), session)
      const later = await Promise.all(servers.map(server => driver.refresh(server, session.refreshToken)))
      const raced = await Promise.all(racing)
      expect([ended.status, ...later.map(({ status }) => status)]).toEqual([204, 401, 401])
      // whatever the race gave out leads nowhere
      for (const { refreshToken = session.refreshToken, accessToken = '' } of raced.filter(isGiven)) {
        expect((await driver.refresh(nth(round), refreshToken)).status).toBe(401)
        expect((await whoAmI(nth(round + 1), accessToken)).status).toBe(401)
      }
    }
  })
})

const isGiven = ({ status }: { status: number }) => status === 200
