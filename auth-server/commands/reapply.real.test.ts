import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { startRedisServer } from '@auth-pair/dev/embedded-redis'
import { Redis } from 'ioredis'
import { freshDatabase } from '../src/testing/fresh-database.ts'
import { signUp, startAuthServer, testEnvironment } from '../src/testing/index.ts'

describe('the sessions command', () => {
  test('ends again in Redis what the record has, all of it or since a time', async () => {
    const database = await freshDatabase()
    const redis = await startRedisServer()
    const settings = { DATABASE_URL: database.url, REDIS_URL: redis.url }
    const server = await startAuthServer(settings)
    for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++);
    const admin = new Redis(redis.url)
    const [gone, stays] = [await signUp(server), await signUp(server)]
    const key = `sessions:{${gone.user.id}}`
    const dump = await admin.dumpBuffer(key)
    await server.http.post('/api/signout').send({ refreshToken: gone.refreshToken })
    await server.close()

    const reapply = (...args: string[]) => {
      const program = join(__dirname, 'main.ts')
      const env = { PATH: process.env.PATH ?? '', ...testEnvironment(), ...settings }
      return execFileSync(process.execPath, [program, 'sessions', 'reapply', ...args], {
        env,
        cwd: '/',
        encoding: 'utf8',
      })
    }
    await admin.restore(key, 0, dump)
    expect(reapply('--since', new Date(Date.now() + 60_000).toISOString())).toBe(
      '0 revocations are in effect in Redis.\n',
    )
    expect(await admin.exists(key)).toBe(1)
    expect(reapply()).toBe('1 revocations are in effect in Redis.\n')
    expect(await admin.exists(key, `sessions:{${stays.user.id}}`)).toBe(1)
    expect(await admin.exists(key)).toBe(0)
    await admin.restore(key, 0, dump)
    expect(reapply('--since', new Date(Date.now() - 60_000).toISOString())).toBe(
      '1 revocations are in effect in Redis.\n',
    )
    expect(await admin.exists(key)).toBe(0)
    admin.disconnect()
    await redis.close()
    await database.close()
  }, 60_000)
})
