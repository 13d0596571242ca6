import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startRedisServer } from '@auth-pair/dev/embedded-redis'
import { type FaultProxy, faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { Redis } from 'ioredis'
import { freshDatabase } from '../testing/fresh-database.ts'
import { goodPassword, setCookies, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

jest.setTimeout(60_000)
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const until = async <Value>(ask: () => Promise<Value | false>, what: string, withinMs = 10_000): Promise<Value> => {
  for (const began = performance.now(); performance.now() - began < withinMs; await wait(20)) {
    const value = await ask()
    if (value !== false) return value
  }
  throw new Error(`not within ${withinMs} ms: ${what}`)
}

const refresh = (server: TestServer, refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
const whoAmI = (server: TestServer, accessToken: string) =>
  server.http.get('/api/auth/user').set('Authorization', `Bearer ${accessToken}`)
const signOut = (server: TestServer, refreshToken: string) => server.http.post('/api/signout').send({ refreshToken })
const untilReady = (server: TestServer) =>
  until(async () => (await server.http.get('/health/ready')).status === 200, 'ready')

/** Asks again while the answer is 503, and never takes anything but the wanted answer for one. */
const settled = (send: () => ReturnType<typeof refresh>) =>
  until(async () => {
    const res = await send()
    if (res.status === 503) expect(setCookies(res)).toEqual([])
    return res.status === 503 ? false : res
  }, 'an answer that is not 503')

const redisOf = async (dir = mkdtempSync(join(tmpdir(), 'redis-'))) => {
  const redis = await startRedisServer(dir)
  closers.push(redis.close)
  return { ...redis, dir }
}

const databaseOf = async () => {
  const database = await freshDatabase()
  closers.push(database.close)
  return database
}

const proxyTo = async (url: string): Promise<FaultProxy> => {
  const proxy = await faultProxyOf(url)
  closers.push(proxy.close)
  return proxy
}

const serverOn = async (settings: Record<string, string>): Promise<TestServer> => {
  const server = await startAuthServer(settings)
  closers.push(server.close)
  await untilReady(server)
  return server
}

const marked = (redis: Redis) => until(async () => Number(await redis.get('revocations:applied')) > 0, 'the mark')

describe('an old dump of Redis, put back', () => {
  test.each(['one session', 'every session of the user'])('revives nothing: %s', async what => {
    const database = await databaseOf()
    const present = await redisOf()
    const proxy = await proxyTo(present.url)
    const server = await serverOn({ DATABASE_URL: database.url, REDIS_URL: proxy.through(present.url) })
    const [gone, stays] = [await signUp(server), await signUp(server)]
    const old = mkdtempSync(join(tmpdir(), 'redis-old-'))
    cpSync(present.dir, old, { recursive: true })

    if (what === 'one session') await signOut(server, gone.refreshToken)
    else await server.http.delete('/api/sessions').set('Authorization', `Bearer ${gone.accessToken}`)
    // what is in memory does not count: hours later, and after a restart, there is the record alone
    const later = await startAuthServer(
      { DATABASE_URL: database.url, REDIS_URL: proxy.through(present.url) },
      { now: () => Date.now() + 7_200_000 },
    )
    closers.push(later.close)
    await untilReady(later)

    const restored = await redisOf(old)
    const admin = new Redis(restored.url)
    closers.push(async () => admin.disconnect())
    await admin.config('SET', 'requirepass', new URL(present.url).password)
    expect(await admin.exists(`sessions:{${gone.user.id}}`)).toBe(1)
    proxy.redirect(restored.url)
    for (const each of [server, later]) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => settled(() => refresh(each, gone.refreshToken))),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(401))
      expect((await settled(() => refresh(each, stays.refreshToken))).status).toBe(200)
    }
    expect(await admin.exists(`sessions:{${gone.user.id}}`)).toBe(0)
  })

  test('under a running connection is noticed by its mark', async () => {
    const database = await databaseOf()
    const { url } = await redisOf()
    const admin = new Redis(url)
    closers.push(async () => admin.disconnect())
    const server = await serverOn({ DATABASE_URL: database.url, REDIS_URL: url })
    const { refreshToken, user } = await signUp(server)
    const key = `sessions:{${user.id}}`
    const dump = await admin.dumpBuffer(key)
    await signOut(server, refreshToken)
    await marked(admin)
    await admin.restore(key, 0, dump)
    await admin.set('revocations:applied', '0')
    await until(async () => (await admin.exists(key)) === 0, 'ended again')
    expect(await admin.get('revocations:applied')).not.toBe('0')
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: expect.stringMatching(/lost writes/) }),
    )
  })
})

describe('Redis that has lost writes while the record cannot be read', () => {
  test('is believed in nothing until it can', async () => {
    const database = await databaseOf()
    const { url } = await redisOf()
    const admin = new Redis(url)
    closers.push(async () => admin.disconnect())
    const server = await serverOn({ DATABASE_URL: database.url, REDIS_URL: url })
    const [gone, stays] = [await signUp(server), await signUp(server)]
    await signOut(server, gone.refreshToken)
    await marked(admin)
    const locker = await database.connect()
    await locker.query('begin')
    await locker.query('lock table revocations in access exclusive mode')
    await admin.set('revocations:applied', '0')
    await until(async () => (await refresh(server, stays.refreshToken)).status === 503, 'no session is believed')
    for (let i = 0; i < 20; i++) {
      const [other, sessions] = await Promise.all([
        refresh(server, stays.refreshToken),
        server.http.get('/api/sessions').set('Authorization', `Bearer ${stays.accessToken}`),
      ])
      expect([other.status, sessions.status]).toEqual([503, 503])
      await wait(50)
    }
    await locker.query('rollback')
    expect((await settled(() => refresh(server, stays.refreshToken))).status).toBe(200)
  })
})

describe('a replica that is promoted too early', () => {
  test('revives no session, and ends no honest one', async () => {
    const database = await databaseOf()
    const [primary, replica] = [await redisOf(), await redisOf()]
    const source = new URL(primary.url)
    const admin = new Redis(replica.url)
    closers.push(async () => admin.disconnect())
    // both take the same password
    await admin.config('SET', 'masterauth', source.password)
    await admin.config('SET', 'requirepass', source.password)
    await admin.replicaof(source.hostname, source.port)
    const proxy = await proxyTo(primary.url)
    const server = await serverOn({ DATABASE_URL: database.url, REDIS_URL: proxy.through(primary.url) })
    const [gone, stays] = [await signUp(server), await signUp(server)]
    await until(async () => (await admin.exists(`sessions:{${stays.user.id}}`)) === 1, 'replicated')
    // from here on it hears of nothing
    await admin.replicaof('NO', 'ONE')
    await signOut(server, gone.refreshToken)
    expect(await admin.exists(`sessions:{${gone.user.id}}`)).toBe(1)
    proxy.redirect(replica.url)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => settled(() => refresh(server, gone.refreshToken))),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(401))
    expect((await settled(() => refresh(server, stays.refreshToken))).status).toBe(200)
    await until(async () => (await admin.exists(`sessions:{${gone.user.id}}`)) === 0, 'ended again')
  })
})

describe('PostgreSQL that is away during a sign-out', () => {
  test.each(['refuse', 'black-hole'] as const)('(%s) delays nothing but the record', async mode => {
    const database = await databaseOf()
    const redis = await redisOf()
    const proxy = await proxyTo(database.url)
    const settings = { DATABASE_URL: proxy.through(database.url), REDIS_URL: redis.url }
    const [here, there] = [await serverOn(settings), await serverOn(settings)]
    const { email, ...gone } = await signUp(here)
    const stays = await here.http.post('/api/signin').send({ email, password: goodPassword, tokenTransport: 'body' })
    await proxy.set(mode)
    expect((await signOut(here, gone.refreshToken)).status).toBe(204)
    // the other server was told by Redis
    for (const server of [here, there]) {
      await until(async () => (await whoAmI(server, gone.accessToken)).status === 401, 'refused', 1000)
      expect((await refresh(server, gone.refreshToken)).status).toBe(401)
      expect((await refresh(server, stays.body.refreshToken)).status).toBe(200)
      const everywhere = await server.http
        .delete('/api/sessions')
        .set('Authorization', `Bearer ${stays.body.accessToken}`)
      expect([everywhere.status, setCookies(everywhere)]).toEqual([503, []])
    }
    // the process that took the sign-out is gone before PostgreSQL is back
    await here.close()
    closers.splice(closers.indexOf(here.close), 1)
    await proxy.set('pass')
    await until(
      async () => (await database.rows(`select 1 from revocations where user_id = '${gone.user.id}'`)) === 1,
      'recorded',
    )
    const admin = new Redis(redis.url)
    closers.push(async () => admin.disconnect())
    await until(async () => (await admin.exists('revocations:pending')) === 0, 'handed over')
    expect((await settled(() => refresh(there, stays.body.refreshToken))).status).toBe(200)
  })
})

describe('a lost announcement', () => {
  test('is made good within about a second', async () => {
    const database = await databaseOf()
    const redis = await redisOf()
    const settings = { DATABASE_URL: database.url, REDIS_URL: redis.url }
    const [here, there] = [await serverOn(settings), await serverOn(settings)]
    // nobody hears of anything
    const publish = jest.spyOn(here.redis, 'publish').mockImplementation((async () => 0) as never)
    const { accessToken, refreshToken } = await signUp(here)
    expect((await whoAmI(there, accessToken)).status).toBe(200)
    await signOut(here, refreshToken)
    expect(publish).toHaveBeenCalled()
    const began = performance.now()
    await until(async () => (await whoAmI(there, accessToken)).status === 401, 'refused', 3000)
    expect(performance.now() - began).toBeLessThan(2000)
    publish.mockRestore()
  })
})

describe('entries that become visible out of order', () => {
  test('are all found', async () => {
    const database = await databaseOf()
    const redis = await redisOf()
    const server = await serverOn({ DATABASE_URL: database.url, REDIS_URL: redis.url })
    const { accessToken, user } = await signUp(server)
    const other = await signUp(server)
    const insert = `insert into revocations (user_id, before_epoch, reason, matters_until)
      values ('${user.id}', 4000000000, 'account-disabled', now() + interval '1 day')`
    const slow = await database.connect()
    await slow.query('begin')
    await slow.query(insert)
    // a later number is there first
    await signOut(server, other.refreshToken)
    await wait(1500)
    expect((await whoAmI(server, accessToken)).status).toBe(200)
    await slow.query('commit')
    await until(async () => (await whoAmI(server, accessToken)).status === 401, 'refused', 3000)
    // in Redis too, whose mark was past it
    await until(async () => (await server.redis.exists(`sessions:{${user.id}}`)) === 0, 'ended in Redis')
  })
})

describe('the record', () => {
  test('is read before the server is ready', async () => {
    const database = await databaseOf()
    const redis = await redisOf()
    const settings = { DATABASE_URL: database.url, REDIS_URL: redis.url }
    const first = await serverOn(settings)
    const { accessToken, refreshToken } = await signUp(first)
    await signOut(first, refreshToken)
    const proxy = await proxyTo(database.url)
    await proxy.set('refuse')
    const second = await startAuthServer({ ...settings, DATABASE_URL: proxy.through(database.url) })
    closers.push(second.close)
    // ending a session needs no PostgreSQL, but to know whether the token still counts
    const ending = await second.http
      .delete(`/api/sessions/${'A'.repeat(22)}`)
      .set('Authorization', `Bearer ${accessToken}`)
    for (const res of [await whoAmI(second, accessToken), await refresh(second, refreshToken), ending]) {
      expect([res.status, res.body.code]).toEqual([503, 'unavailable'])
    }
    expect((await second.http.get('/health/ready')).status).toBe(503)
    await proxy.set('pass')
    await untilReady(second)
    expect([(await whoAmI(second, accessToken)).status, (await refresh(second, refreshToken)).status]).toEqual([
      401, 401,
    ])
  })

  test('forgets what can matter to nobody any more', async () => {
    const database = await databaseOf()
    const redis = await redisOf()
    await serverOn({ DATABASE_URL: database.url, REDIS_URL: redis.url })
    const client = await database.connect()
    const insert = (until: string) =>
      client.query(`insert into revocations (user_id, session_id, reason, matters_until)
        select gen_random_uuid(), md5(random()::text), 'signed-out', now() ${until} from generate_series(1, 6000)`)
    await insert(`- interval '1 second'`)
    await insert(`+ interval '1 day'`)
    await serverOn({ DATABASE_URL: database.url, REDIS_URL: redis.url })
    await until(async () => (await database.rows('select 1 from revocations')) === 6000, 'pruned')
  })
})
