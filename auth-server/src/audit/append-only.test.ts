import { randomUUID } from 'node:crypto'
import { auditRows } from '../testing/audit-rows.ts'
import { signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

describe('the record, also for the role that owns it', () => {
  test.each([
    'update audit_events set reason = null',
    'update audit_events set reason = null where false',
    'delete from audit_events',
    'delete from audit_events where false',
    'truncate audit_events',
    'with gone as (delete from audit_events returning seq) select count(*) from gone',
    `insert into audit_events (event, outcome, once) values ('signed-in', 'success', 'append-only-test')
     on conflict (once) where once is not null do update set reason = 'other'`,
  ])('is only added to: %s', async text => {
    const { user } = await signUp(server)
    const name = `test-${randomUUID()}`
    await expect(server.postgres.write({ name, text }, [])).rejects.toThrow('audit_events are only added')
    expect(await auditRows(server.postgres, 'user_id', user.id)).toHaveLength(1)
  })
})
