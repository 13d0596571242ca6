import { setTimeout as wait } from 'node:timers/promises'
import { freshDatabase } from '../testing/fresh-database.ts'
import { codeOf, graphqlClient } from '../testing/graphql-client.ts'
import { freshEmail, redisApart, signUp, startAuthServer } from '../testing/index.ts'

describe('a table that is not where it should be', () => {
  test('is told as nothing but a 500, and comes back without a restart', async () => {
    const database = await freshDatabase()
    const server = await startAuthServer({ DATABASE_URL: database.url, ...redisApart(7) })
    try {
      for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++) await wait(20)
      const { email, accessToken } = await signUp(server)
      const { register, login, signIn, me } = graphqlClient(() => server)
      const own = await database.connect()
      await own.query('alter table users rename to people')
      for (const res of [
        await register({ email: freshEmail() }),
        await login({ email }),
        await signIn({ email }),
        await me(accessToken),
      ]) {
        expect([res.status, codeOf(res), res.body.errors[0].message]).toEqual([
          500,
          'internal-error',
          'Something went wrong on our side',
        ])
        expect(res.text).not.toMatch(/users|relation|select|insert|postgres|\.ts|node_modules|stack/i)
        const requestId = res.headers['x-request-id']
        const reasons = server.lines.filter(line => line.requestId === requestId && line.level === 'error')
        expect(reasons).toHaveLength(1)
        expect(JSON.stringify(reasons)).toMatch(/relation \\"users\\" does not exist/)
      }
      await own.query('alter table people rename to users')
      expect((await login({ email })).body.data.login.status).toBe(200)
      expect((await me(accessToken)).body.data.me.email).toBe(email)
    } finally {
      await server.close()
      await database.close()
    }
  }, 30_000)
})

describe('a key of Redis that is of another type', () => {
  test('is told as nothing but a 500, to the one whom it concerns', async () => {
    const server = await startAuthServer()
    try {
      const { loggedIn, login, refresh, refreshTokens, sessions, me } = graphqlClient(() => server)
      const [{ email, user, accessToken, refreshToken }, other] = [await signUp(server), await signUp(server)]
      const fixed = await loggedIn(email)
      const key = `sessions:{${user.id}}`
      await server.redis.set(key, 'no hash')
      for (const res of [
        await login({ email }),
        await refresh(fixed.refreshToken),
        await refreshTokens(refreshToken),
        await sessions(accessToken),
      ]) {
        expect([res.status, codeOf(res)]).toEqual([500, 'internal-error'])
        expect(res.text).not.toMatch(/WRONGTYPE|script|redis|\.lua|stack/i)
      }
      expect((await me(accessToken)).body.data.me.email).toBe(email)
      expect(codeOf(await refreshTokens(other.refreshToken))).toBeUndefined()
      await server.redis.del(key)
      expect((await login({ email })).body.data.login.status).toBe(200)
    } finally {
      await server.close()
    }
  })
})
