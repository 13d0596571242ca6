import { setTimeout as wait } from 'node:timers/promises'
import { clientSettings, introspect, makeApiToken, revoke } from '../testing/api-tokens.ts'
import { freshDatabase } from '../testing/fresh-database.ts'
import { redisApart, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

const readyServer = async (url: string): Promise<TestServer> => {
  const server = await startAuthServer({ ...clientSettings, DATABASE_URL: url, ...redisApart(7) })
  for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++) await wait(20)
  return server
}

describe('on a PostgreSQL that only reads', () => {
  test('API tokens are good, time and again, though nobody can write down that they were used', async () => {
    const database = await freshDatabase()
    const server = await readyServer(database.url)
    try {
      const { accessToken } = await signUp(server)
      const { token } = await makeApiToken(server, accessToken)
      const { pathname } = new URL(database.url)
      await database.admin.query(`alter database ${pathname.slice(1)} set default_transaction_read_only = on`)
      await database.endConnections()
      const refused = () => server.lines.filter(({ msg }) => /not written down yet/.test(String(msg))).length
      for (let i = 0; refused() === 0 && i < 200; i++) {
        const { status, body } = await introspect(server, token)
        expect([status, body.active]).toEqual([200, true])
        await wait(50)
      }
      expect(refused()).toBe(1)
      for (let i = 0; i < 40; i++) expect((await introspect(server, token)).body.active).toBe(true)
      // what has to be written is not said to be done
      expect((await revoke(server, token)).status).toBe(503)
      expect((await introspect(server, token)).body.active).toBe(true)
    } finally {
      await server.close()
      await database.close()
    }
  }, 30_000)
})
