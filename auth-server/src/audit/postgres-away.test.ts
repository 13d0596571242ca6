import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createSessionId } from '@auth-pair/access-token/pair'
import { type FaultProxy, faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { auditRows, untilAuditRows } from '../testing/audit-rows.ts'
import {
  freshEmail,
  goodPassword,
  redisApart,
  signUp,
  startAuthServer,
  type TestServer,
  testEnvironment,
} from '../testing/index.ts'

jest.setTimeout(30_000)
let server: TestServer
let proxy: FaultProxy
beforeAll(async () => {
  const { DATABASE_URL = '' } = testEnvironment()
  proxy = await faultProxyOf(DATABASE_URL)
  server = await startAuthServer({ DATABASE_URL: proxy.through(DATABASE_URL), ...redisApart(8) })
  for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++) await wait(20)
})
afterAll(async () => {
  await server.close()
  await proxy.close()
})
afterEach(async () => {
  proxy.disarm()
  await proxy.set('pass')
})

const away = () => ({ requestId: randomUUID(), body: { email: freshEmail(), password: goodPassword } })

describe('while PostgreSQL is away', () => {
  test('a sign-out is answered, and is in the record later: when it happened, and from where', async () => {
    const { refreshToken, user } = await signUp(server)
    const { requestId } = away()
    await proxy.set('refuse')
    const began = Date.now()
    const res = await server.http.post('/api/signout').set('X-Request-Id', requestId).send({ refreshToken })
    expect(res.status).toBe(204)
    const ended = Date.now()
    // long enough to tell the time of the sign-out from that of its line
    await wait(1500)
    await proxy.set('pass')
    const [row] = await untilAuditRows(server.postgres, 'request_id', requestId)
    expect(row).toMatchObject({ event: 'signed-out', user_id: user.id, ip: '127.0.0.1', device: 'Unknown device' })
    expect(row?.happened_at.getTime()).toBeGreaterThan(began - 1000)
    expect(row?.happened_at.getTime()).toBeLessThan(ended + 1000)
  })

  test('nobody signs in: the session of a sign-in that cannot be recorded is taken back', async () => {
    const { email, user } = await signUp(server)
    const opened = jest.spyOn(server.redis, 'openSession')
    const lost = proxy.dropRequest(/audit_events[\s\S]*signed-in/)
    const res = await server.http.post('/api/signin').send({ email, password: goodPassword })
    expect([res.status, res.body.code, lost(), opened.mock.calls.length]).toEqual([503, 'unavailable', 1, 1])
    opened.mockRestore()
    const sessions = await server.redis.hkeys(`sessions:{${user.id}}`)
    expect(sessions.filter(field => !field.startsWith('.'))).toHaveLength(1)
    const rows = await auditRows(server.postgres, 'user_id', user.id)
    expect(rows.map(({ event }) => event)).toEqual(['signed-up'])
  })

  test('no account is made without its line', async () => {
    const { requestId, body } = away()
    const dropped = proxy.dropRequest(/insert into users/)
    const res = await server.http.post('/api/signup').set('X-Request-Id', requestId).send(body)
    expect([res.status, dropped()]).toEqual([503, 1])
    expect(await auditRows(server.postgres, 'request_id', requestId)).toEqual([])
    const again = await server.http.post('/api/signup').set('X-Request-Id', requestId).send(body)
    expect(again.status).toBe(201)
    expect(await auditRows(server.postgres, 'request_id', requestId)).toHaveLength(1)
  })
})

describe('what a server of the version before has left to be recorded', () => {
  test('is recorded, without when and from where', async () => {
    const { user } = await signUp(server)
    const sessionId = createSessionId(0)
    const entry = { userId: user.id, sessionId, reason: 'signed-out' }
    await server.redis.hset('revocations:pending', sessionId, JSON.stringify(entry))
    const [row] = await untilAuditRows(server.postgres, 'session_id', sessionId)
    expect(row).toMatchObject({ event: 'signed-out', user_id: user.id, ip: null, device: null, request_id: null })
    expect(Date.now() - (row?.happened_at.getTime() ?? 0)).toBeLessThan(10_000)
  })

  test('is recorded also when it holds what does not belong there', async () => {
    const { user } = await signUp(server)
    const sessionId = createSessionId(0)
    const junk = { at: 'yesterday', ip: { a: 1 }, device: 'a\u0000\n\u2028b'.repeat(100), requestId: 7 }
    const entry = { userId: user.id, sessionId, reason: 'evicted', ...junk }
    await server.redis.hset('revocations:pending', sessionId, JSON.stringify(entry))
    const [row] = await untilAuditRows(server.postgres, 'session_id', sessionId)
    expect(row).toMatchObject({ event: 'session-evicted', ip: null, device: 'ab'.repeat(32), request_id: null })
  })

  test('twice, is one event', async () => {
    const { user, refreshToken } = await signUp(server)
    const [{ session_id: sessionId } = { session_id: null }] = await auditRows(server.postgres, 'user_id', user.id)
    await server.http.post('/api/signout').send({ refreshToken })
    const other = createSessionId(0)
    for (const id of [sessionId as string, other])
      await server.redis.hset(
        'revocations:pending',
        id,
        JSON.stringify({ userId: user.id, sessionId: id, reason: 'signed-out' }),
      )
    await untilAuditRows(server.postgres, 'session_id', other)
    const rows = await auditRows(server.postgres, 'session_id', sessionId)
    expect(rows.map(({ event }) => event)).toEqual(['signed-up', 'signed-out'])
  })
})
