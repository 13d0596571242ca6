import { setTimeout as wait } from 'node:timers/promises'
import { bearer } from '../testing/api-tokens.ts'
import { freshDatabase } from '../testing/fresh-database.ts'
import { redisApart, signUp, startAuthServer } from '../testing/index.ts'

describe('a token that is made while its account', () => {
  test.each([
    ['is being disabled', 'disabled_at = now()'],
    ['is being signed out everywhere', 'epoch = epoch + 1'],
  ])(
    '%s, is not',
    async (_what, change) => {
      const database = await freshDatabase()
      const server = await startAuthServer({ DATABASE_URL: database.url, ...redisApart(7) })
      try {
        for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++) await wait(20)
        const { accessToken, user } = await signUp(server)
        const client = await database.connect()
        await client.query('begin')
        await client.query(`update users set ${change} where id = $1`, [user.id])
        const wish = { name: 'x', expiresInDays: 1 }
        const made = server.http
          .post('/api/tokens')
          .set(bearer(accessToken))
          .send(wish)
          .then(({ status, body }) => [status, body.code])
        // not before it is decided
        expect(await Promise.race([made, wait(300, 'waits')])).toBe('waits')
        await client.query('commit')
        expect(await made).toEqual([401, 'access-token-invalid'])
        expect(await database.rows('select 1 from api_tokens')).toBe(0)
      } finally {
        await server.close()
        await database.close()
      }
    },
    30_000,
  )
})
