import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startRedisServer } from '@auth-pair/dev/embedded-redis'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { memoryLog } from '@auth-pair/service/testing'
import { Redis } from 'ioredis'
import pg from 'pg'
import { applyMigrations } from './migrate.ts'
import { freshDatabase } from './testing/fresh-database.ts'
import { goodPassword, setCookies, signUp, startAuthServer, type TestServer } from './testing/index.ts'

const refresh = (server: TestServer, token: string) =>
  server.http.post('/api/refresh').set('Cookie', `xid_refresh=${token}`)
const untilServed = async (send: () => ReturnType<typeof refresh>, within = 10_000) => {
  for (const began = performance.now(); performance.now() - began < within; await wait(50)) {
    const res = await send()
    if (res.status !== 503) return res
    expect(setCookies(res)).toEqual([])
  }
  throw new Error(`not served again within ${within} ms`)
}

describe('migrations', () => {
  test('of eight servers that start at once on an empty database are applied once', async () => {
    const { url, close } = await freshDatabase()
    const { log, lines } = memoryLog()
    await Promise.all(Array.from({ length: 8 }, () => applyMigrations(url, log)))
    expect(lines.filter(({ msg }) => msg === 'database migrated')).toHaveLength(1)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    expect((await client.query('select name from migrations order by id')).rows).toEqual([
      { name: '0001_users' },
      { name: '0002_revocations' },
      { name: '0003_audit_events' },
      { name: '0004_api_tokens' },
    ])
    await client.end()
    await close()
  })
})

describe('PostgreSQL that ends connections', () => {
  test('idle or in use, ends no process and hardly a request', async () => {
    const database = await freshDatabase()
    const server = await startAuthServer({ DATABASE_URL: database.url })
    await untilServed(() => server.http.get('/health/ready'))
    const { accessToken } = await signUp(server)
    const whoAmI = () => server.http.get('/api/auth/user').set('Authorization', `Bearer ${accessToken}`)
    const statuses: number[] = []
    for (let round = 0; round < 20; round++) {
      const answers = Promise.all(Array.from({ length: 5 }, whoAmI))
      await database.endConnections()
      statuses.push(...(await answers).map(({ status }) => status))
    }
    expect(statuses.filter(status => status !== 200 && status !== 503)).toEqual([])
    expect(statuses.filter(status => status === 200).length).toBeGreaterThan(60)
    expect((await untilServed(whoAmI)).status).toBe(200)
    await server.close()
    await database.close()
  })
})

describe('Redis', () => {
  const startPrivate = async () => {
    const redis = await startRedisServer(mkdtempSync(join(tmpdir(), 'redis-')))
    const proxy = await faultProxyOf(redis.url)
    const server = await startAuthServer({ REDIS_URL: proxy.through(redis.url) })
    await untilServed(() => server.http.get('/health/ready'))
    const admin = new Redis(redis.url)
    return {
      admin,
      proxy,
      server,
      close: async () => {
        admin.disconnect()
        await server.close()
        await proxy.close()
        await redis.close()
      },
    }
  }

  test('that hangs and comes back: 503 in time, then the session goes on', async () => {
    const { server, proxy, close } = await startPrivate()
    const { refreshToken, email } = await signUp(server, { tokenTransport: 'cookie' })
    // what was asked for is done late, as with any network that comes back
    const leaving = await signUp(server, { tokenTransport: 'cookie' })
    await proxy.set('black-hole')
    for (let i = 0; i < 10; i++) {
      const began = performance.now()
      const answers = await Promise.all([
        refresh(server, refreshToken),
        server.http.post('/api/signin').send({ email, password: goodPassword }),
        server.http.post('/api/signout').set('Cookie', `xid_refresh=${leaving.refreshToken}`),
      ])
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
      for (const res of answers) expect(setCookies(res)).toEqual([])
      expect(performance.now() - began).toBeLessThan(3000)
    }
    await proxy.set('pass')
    expect((await untilServed(() => refresh(server, refreshToken))).status).toBe(200)
    await close()
  }, 40_000)

  test('whose answer to a turn is lost: asked again, it gives the successor that it made', async () => {
    const { server, proxy, close } = await startPrivate()
    const { refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    proxy.loseReply(/\r\neval(sha)?\r\n/i)
    expect((await refresh(server, refreshToken)).status).toBe(503)
    const [first, second] = [
      await untilServed(() => refresh(server, refreshToken)),
      await refresh(server, refreshToken),
    ]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(setCookies(first)[0]?.slice(0, 109)).toBe(setCookies(second)[0]?.slice(0, 109))
    await close()
  }, 20_000)

  test('that was restarted: sessions are still there, and its scripts need not be', async () => {
    const { server, admin, proxy, close } = await startPrivate()
    const { refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    await server.redis.script('FLUSH')
    expect((await refresh(server, refreshToken)).status).toBe(200)
    // the connection that the whole server uses is cut under it
    await proxy.set('refuse')
    expect((await refresh(server, refreshToken)).status).toBe(503)
    await proxy.set('pass')
    expect((await untilServed(() => refresh(server, refreshToken))).status).toBe(200)
    await admin.flushall()
    const ended = await refresh(server, refreshToken)
    expect([ended.status, ended.body.code]).toEqual([401, 'session-ended'])
    expect((await signUp(server)).res.status).toBe(201)
    await close()
  }, 20_000)

  test('that may evict sessions is warned about', async () => {
    const redis = await startRedisServer()
    const admin = new Redis(redis.url)
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const server = await startAuthServer({ REDIS_URL: redis.url })
    await untilServed(() => server.http.get('/health/ready'))
    expect(server.lines).toContainEqual(expect.objectContaining({ level: 'warn', policy: 'allkeys-lru' }))
    admin.disconnect()
    await server.close()
    await redis.close()
  })

  test('that is full refuses writes with 503, and loses no session', async () => {
    const { server, admin, close } = await startPrivate()
    const { refreshToken, email } = await signUp(server, { tokenTransport: 'cookie' })
    await admin.config('SET', 'maxmemory', '1')
    const res = await server.http.post('/api/signin').send({ email, password: goodPassword })
    expect([res.status, res.body.code]).toEqual([503, 'unavailable'])
    expect(res.text).not.toMatch(/OOM|memory/)
    expect((await server.http.get('/health/ready')).status).toBe(503)
    await admin.config('SET', 'maxmemory', '0')
    expect((await refresh(server, refreshToken)).status).toBe(200)
    await close()
  }, 20_000)
})
