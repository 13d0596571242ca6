import { setTimeout as wait } from 'node:timers/promises'
import { startRedisServer } from '@auth-pair/dev/embedded-redis'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { Redis } from 'ioredis'
import { freshDatabase } from '../testing/fresh-database.ts'
import { signUp, startAuthServer, type TestServer } from '../testing/index.ts'

jest.setTimeout(60_000)
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const until = async (ask: () => Promise<boolean>, what: string, withinMs = 10_000): Promise<void> => {
  for (const began = performance.now(); !(await ask()); await wait(20)) {
    if (performance.now() - began > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
  }
}
const refresh = (server: TestServer, refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
const whoAmI = (server: TestServer, token: string) =>
  server.http.get('/api/auth/user').set('Authorization', `Bearer ${token}`)
const signOut = (server: TestServer, refreshToken: string) => server.http.post('/api/signout').send({ refreshToken })

const stores = async () => {
  const database = await freshDatabase()
  closers.push(database.close)
  const redis = await startRedisServer()
  closers.push(redis.close)
  const admin = new Redis(redis.url)
  closers.push(async () => admin.disconnect())
  const settings = { DATABASE_URL: database.url, REDIS_URL: redis.url }
  const start = async (more: Record<string, string> = {}) => {
    const server = await startAuthServer({ ...settings, ...more })
    closers.push(server.close)
    await until(async () => (await server.http.get('/health/ready')).status === 200, 'ready')
    return server
  }
  const sql = await database.connect()
  const mark = async () => Number(await admin.get('revocations:applied'))
  const newest = async () =>
    Number((await sql.query('select coalesce(max(seq), 0) as seq from revocations')).rows[0].seq)
  const inStep = () => until(async () => (await mark()) === (await newest()) && (await newest()) > 0, 'in step')
  return { redis, databaseUrl: database.url, admin, start, sql, inStep }
}

describe('a record that has lost its latest entries (a stand-by promoted too early, a backup put back)', () => {
  test('gives numbers again, and what comes under them is found', async () => {
    const { start, sql, inStep } = await stores()
    const server = await start()
    const sessions = [await signUp(server), await signUp(server), await signUp(server)]
    for (const { refreshToken } of sessions) await signOut(server, refreshToken)
    await inStep()
    const victim = await signUp(server)
    await sql.query('delete from revocations where seq >= 2')
    await sql.query('alter table revocations alter column seq restart with 2')
    // nobody is told of it by Redis
    await sql.query(
      `insert into revocations (user_id, before_epoch, reason, matters_until)
       values ($1, 4000000000, 'account-disabled', now() + interval '1 day')`,
      [victim.user.id],
    )
    await until(async () => (await whoAmI(server, victim.accessToken)).status === 401, 'refused', 5000)
    expect((await refresh(server, victim.refreshToken)).status).toBe(401)
    expect(server.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        msg: expect.stringMatching(/^the record of revocations has lost entries/),
      }),
    )
  })

  test('still ends in Redis what comes under numbers that Redis had passed', async () => {
    const { start, sql, admin, inStep } = await stores()
    const first = await start()
    const sessions = [await signUp(first), await signUp(first), await signUp(first)]
    for (const { refreshToken } of sessions) await signOut(first, refreshToken)
    await inStep()
    const victim = await signUp(first)
    await first.close()
    closers.splice(closers.indexOf(first.close), 1)
    await sql.query('delete from revocations')
    await sql.query('alter table revocations alter column seq restart with 1')
    await sql.query(
      `insert into revocations (user_id, before_epoch, reason, matters_until, recorded_at)
       values ($1, 4000000000, 'account-disabled', now() + interval '1 day', now() - interval '2 hours')`,
      [victim.user.id],
    )
    const second = await start()
    await until(async () => (await admin.exists(`sessions:{${victim.user.id}}`)) === 0, 'ended in Redis')
    expect((await refresh(second, victim.refreshToken)).status).toBe(401)
  })
})

describe('a fail-over of Redis while it is being brought into agreement', () => {
  test('does not put the mark over what the new one was never told', async () => {
    const { start, redis, admin, sql, inStep } = await stores()
    const old = await startRedisServer()
    closers.push(old.close)
    const oldAdmin = new Redis(old.url)
    closers.push(async () => oldAdmin.disconnect())
    await oldAdmin.config('SET', 'requirepass', new URL(redis.url).password)
    const proxy = await faultProxyOf(redis.url)
    closers.push(proxy.close)
    const server = await start({ REDIS_URL: proxy.through(redis.url) })
    await signOut(server, (await signUp(server)).refreshToken)
    await inStep()
    const [victim, bystander] = [await signUp(server), await signUp(server)]
    // the other Redis knows of the sessions, and of a mark before the entry that is coming
    for (const { user } of [victim, bystander]) {
      const key = `sessions:{${user.id}}`
      await oldAdmin.restore(key, 0, await admin.dumpBuffer(key))
    }
    await oldAdmin.set('revocations:applied', '0')
    // the page of the record comes late
    const page = server.postgres.read.bind(server.postgres)
    const reading = jest.spyOn(server.postgres, 'read').mockImplementation((async (
      statement: { name: string },
      values: never,
    ) => {
      const rows = await page(statement as never, values)
      if (statement.name === 'revocations-page' && rows.length > 0) {
        reading.mockRestore()
        proxy.redirect(old.url)
        await until(
          async () =>
            server.redis.status === 'ready' && ((await oldAdmin.client('LIST')) as string).includes('auth-server'),
          'connected',
        )
      }
      return rows
    }) as never)
    await sql.query(
      `insert into revocations (user_id, before_epoch, reason, matters_until)
       values ($1, 4000000000, 'account-disabled', now() + interval '1 day')`,
      [victim.user.id],
    )
    await until(async () => (await oldAdmin.exists(`sessions:{${victim.user.id}}`)) === 0, 'ended in the new one')
    await until(async () => (await refresh(server, bystander.refreshToken)).status === 200, 'served again')
    expect((await refresh(server, victim.refreshToken)).status).toBe(401)
  })
})

describe('what waits for PostgreSQL', () => {
  test('is handed over although something unreadable waits with it, and keeps nobody from agreement', async () => {
    const { start, admin, sql } = await stores()
    const bad = { userId: 'x', sessionId: 'A'.repeat(22), reason: 'signed-out' }
    const good = { ...bad, userId: '6ebe325c-1111-4222-8333-444455556666', sessionId: 'B'.repeat(22) }
    await admin.hset('revocations:pending', { bad: JSON.stringify(bad), junk: '{', good: JSON.stringify(good) })
    const server = await start()
    await until(async () => (await admin.exists('revocations:pending')) === 0, 'handed over')
    expect((await sql.query('select session_id from revocations')).rows).toEqual([{ session_id: good.sessionId }])
    expect((await refresh(server, (await signUp(server)).refreshToken)).status).toBe(200)
  })

  test('grows by what ends, and not by how often it is said', async () => {
    const { start, admin, databaseUrl } = await stores()
    const proxy = await faultProxyOf(databaseUrl)
    closers.push(proxy.close)
    const server = await start({ DATABASE_URL: proxy.through(databaseUrl) })
    const { refreshToken } = await signUp(server)
    await proxy.set('black-hole')
    const began = performance.now()
    expect((await signOut(server, refreshToken)).status).toBe(204)
    // a hanging PostgreSQL is not waited for
    expect(performance.now() - began).toBeLessThan(1500)
    for (let i = 0; i < 20; i++) expect((await signOut(server, refreshToken)).status).toBe(204)
    expect(await admin.hlen('revocations:pending')).toBe(1)
    await proxy.set('pass')
    await until(async () => (await admin.exists('revocations:pending')) === 0, 'handed over')
  })
})

describe('an answer of Redis that is lost', () => {
  test('when a session was ended by hand, or its token reused: it is told of and recorded all the same', async () => {
    const { start, redis, sql } = await stores()
    const proxy = await faultProxyOf(redis.url)
    closers.push(proxy.close)
    const server = await start({ REDIS_URL: proxy.through(redis.url), REFRESH_GRACE_S: '0' })
    const settled = async (send: () => ReturnType<typeof refresh>) => {
      for (;;) {
        const res = await send()
        if (res.status !== 503) return res
        await wait(50)
      }
    }
    const [one, other] = [await signUp(server), await signUp(server)]
    const { sessions } = (await server.http.get('/api/sessions').set('Authorization', `Bearer ${one.accessToken}`)).body
    proxy.loseReply(/\r\neval(sha)?\r\n/i)
    const ending = () =>
      server.http.delete(`/api/sessions/${sessions[0].id}`).set('Authorization', `Bearer ${one.accessToken}`)
    expect((await ending()).status).toBe(503)
    expect((await settled(() => whoAmI(server, one.accessToken))).status).toBe(401)

    let token = other.refreshToken
    for (let turn = 0; turn < 3; turn++) token = (await settled(() => refresh(server, token))).body.refreshToken
    proxy.loseReply(/\r\neval(sha)?\r\n/i)
    expect((await refresh(server, other.refreshToken)).status).toBe(503)
    expect((await settled(() => refresh(server, other.refreshToken))).status).toBe(401)
    expect((await whoAmI(server, other.accessToken)).status).toBe(401)
    const { rows } = await sql.query('select reason from revocations order by seq')
    expect(rows).toEqual([{ reason: 'session-revoked' }, { reason: 'token-reused' }])
  })
})
