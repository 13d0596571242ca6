import { randomUUID } from 'node:crypto'
import { auditRows, untilAuditRows } from '../testing/audit-rows.ts'
import {
  type Driver,
  forms,
  graphql,
  namesIn,
  newUserBy,
  olderGraphql,
  rest,
  turningDrivers,
} from '../testing/drivers.ts'
import { startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
let clock: number
beforeAll(async () => {
  server = await startAuthServer({}, { sessionNow: () => clock })
})
beforeEach(() => {
  clock = Date.now()
})
afterAll(() => server.close())

const settle = () => {
  clock += 30_000
}
const whoAmI = async (token: string) =>
  (await server.http.get('/api/auth/user').set('Authorization', `Bearer ${token}`)).status
/** Refreshes that succeed, and what they give. */
const refreshBy = (driver: Driver) => async (token: string) => {
  const { status, refreshToken = '', accessToken = '' } = await driver.refresh(server, token)
  expect(status).toBe(200)
  return { refreshToken, accessToken }
}
const expectEnded = async (driver: Driver, token: string) => {
  const { status, code, accessToken, refreshToken } = await driver.refresh(server, token)
  expect([status, code, accessToken, refreshToken]).toEqual([401, 'session-ended', undefined, undefined])
}

describe.each(turningDrivers)('refresh tokens that turn, by $name', driver => {
  const refresh = refreshBy(driver)

  test('every tab, retry and straggler gets the same successor while it settles', async () => {
    const { refreshToken } = await newUserBy(driver, server)
    const first = await refresh(refreshToken)
    settle()
    const second = await refresh(first.refreshToken)
    for (const token of [refreshToken, first.refreshToken, second.refreshToken]) {
      clock += 5000
      expect((await refresh(token)).refreshToken).toBe(second.refreshToken)
    }
  })

  test('a lost reply can be asked for again as long as the session lives', async () => {
    const { refreshToken } = await newUserBy(driver, server)
    for (let day = 0; day < 4; day++) {
      clock += 86_400_000
      await refresh(refreshToken)
    }
  })

  test('a token that went out of use ends the session for everybody, and stands in the record', async () => {
    const { refreshToken, userId, sessionId } = await newUserBy(driver, server)
    const tokens = [refreshToken]
    const accessTokens: string[] = []
    for (let i = 0; i < 3; i++) {
      settle()
      const next = await refresh(tokens[0] as string)
      tokens.unshift(next.refreshToken)
      accessTokens.push(next.accessToken)
    }
    settle()
    const requestId = randomUUID()
    const replayed = await driver.refresh(server, refreshToken, { 'X-Request-Id': requestId })
    expect([replayed.status, replayed.code]).toEqual([401, 'session-ended'])
    for (const token of tokens) await expectEnded(driver, token)
    for (const token of accessTokens) expect(await whoAmI(token)).toBe(401)
    expect(await untilAuditRows(server.postgres, 'request_id', requestId)).toEqual([
      expect.objectContaining({
        event: 'token-reuse-detected',
        outcome: 'failure',
        user_id: userId,
        session_id: sessionId,
        ip: expect.stringContaining('127.0.0.1'),
      }),
    ])
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', userId, msg: expect.stringContaining('retired') }),
    )
  })

  test.each([
    ['with the newest token', 0],
    ['with the one before', 1],
  ])('twenty at once %s get one successor', async (_, back) => {
    for (let round = 0; round < 10; round++) {
      const { refreshToken } = await newUserBy(driver, server)
      const tokens = [refreshToken]
      for (let i = 0; i < 2; i++) {
        settle()
        tokens.unshift((await refresh(tokens[0] as string)).refreshToken)
      }
      settle()
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens[back] as string)))
      const [successor, ...others] = new Set(answers.map(answer => answer.refreshToken))
      expect(others).toEqual([])
      expect(tokens).not.toContain(successor)
      settle()
      await refresh(successor as string)
    }
  })

  test('twenty-one at once with every token that is still known get one successor', async () => {
    const { refreshToken } = await newUserBy(driver, server)
    settle()
    const next = (await refresh(refreshToken)).refreshToken
    settle()
    const newest = (await refresh(next)).refreshToken
    const known = [refreshToken, next, newest]
    const answers = await Promise.all(Array.from({ length: 21 }, (_, i) => refresh(known[i % 3] as string)))
    expect(new Set(answers.map(answer => answer.refreshToken))).toEqual(new Set([newest]))
  })

  test('twenty replays at once end the session once, and stand in the record once', async () => {
    const { refreshToken, userId } = await newUserBy(driver, server)
    let token = refreshToken
    for (let i = 0; i < 3; i++) {
      settle()
      token = (await refresh(token)).refreshToken
    }
    settle()
    await Promise.all(Array.from({ length: 20 }, () => expectEnded(driver, refreshToken)))
    const isReuse = ({ event }: { event: string }) => event === 'token-reuse-detected'
    expect((await auditRows(server.postgres, 'user_id', userId)).filter(isReuse)).toHaveLength(1)
  })
})

describe('a session of REST and of the typed shape', () => {
  test.each([
    [rest, graphql],
    [graphql, rest],
  ])('is one session: opened and refreshed in one form, and replayed in the other', async (one, other) => {
    const { refreshToken, sessionId } = await newUserBy(one, server)
    let token = refreshToken
    for (const driver of [one, other, one, other]) {
      settle()
      const next = await refreshBy(driver)(token)
      expect(namesIn(next.accessToken).sessionId).toBe(sessionId)
      token = next.refreshToken
    }
    settle()
    await expectEnded(other, refreshToken)
    await expectEnded(one, token)
  })
})

describe('a refresh token that stays the same', () => {
  test('twenty at once are all answered, and again when a reply was lost', async () => {
    const { refreshToken, sessionId } = await newUserBy(olderGraphql, server)
    for (let turn = 0; turn < 5; turn++) {
      clock += 86_400_000
      const answers = await Promise.all(Array.from({ length: 20 }, () => olderGraphql.refresh(server, refreshToken)))
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
      for (const { accessToken = '' } of answers) expect(namesIn(accessToken).sessionId).toBe(sessionId)
    }
  })

  test('is refused in the other forms, also in the midst of its own refreshes, and has not suffered', async () => {
    const { refreshToken } = await newUserBy(olderGraphql, server)
    settle()
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        if (i % 2 === 0) return expectEnded(i % 4 ? rest : graphql, refreshToken)
        expect((await olderGraphql.refresh(server, refreshToken)).status).toBe(200)
      }),
    )
    expect(answers).toHaveLength(20)
    settle()
    expect((await olderGraphql.refresh(server, refreshToken)).status).toBe(200)
  })
})

describe.each(forms)('refreshes at once, by $name', driver => {
  test('against a sign-out: once that is answered, nothing is refreshed', async () => {
    for (let round = 0; round < 50; round++) {
      const { refreshToken } = await newUserBy(driver, server)
      const racing = Promise.all(Array.from({ length: 5 }, () => driver.refresh(server, refreshToken)))
      expect((await driver.signOut(server, refreshToken)).status).toBe(204)
      await expectEnded(driver, refreshToken)
      const held = (await racing).filter(({ status }) => status === 200)
      for (const { refreshToken: next = refreshToken, accessToken = '' } of held) {
        await expectEnded(driver, next)
        expect(await whoAmI(accessToken)).toBe(401)
      }
    }
  })
})
