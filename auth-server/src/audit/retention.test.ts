import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { auditRows } from '../testing/audit-rows.ts'
import { startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer({ AUDIT_RETENTION_DAYS: '0' })
})
afterAll(() => server.close())

/** Events of somebody that are so many hours old. */
const eventsOf = async (userId: string, ...hours: number[]) => {
  const text = `insert into audit_events (user_id, event, outcome, reason, happened_at)
    select $1::uuid, 'signed-in', 'success', h::text, now() - h * interval '1 hour' from unnest($2::integer[]) as h`
  await server.postgres.write({ name: 'test-old-events', text }, [userId, hours])
}
const left = async (userId: string) => (await auditRows(server.postgres, 'user_id', userId)).map(({ reason }) => reason)
const prune = (days: number | null) =>
  server.postgres.write<{ pruned: number | null }>(
    { name: 'test-prune', text: 'select prune_audit_events($1) as pruned' },
    [days],
  )

describe('what is too old', () => {
  test('is forgotten, and nothing younger', async () => {
    const userId = randomUUID()
    await eventsOf(userId, 24 * 11, 24 * 9, 1)
    await prune(10)
    expect(await left(userId)).toEqual(['216', '1'])
  })

  test.each([1, 0, -1000, -2147483648])('is never younger than a day, whatever is asked for: %i days', async days => {
    const userId = randomUUID()
    await eventsOf(userId, 25, 23, 0)
    await prune(days)
    expect(await left(userId)).toEqual(['23', '0'])
  })

  test('is nothing, when nothing is said', async () => {
    const userId = randomUUID()
    await eventsOf(userId, 23, 0)
    expect(await prune(null)).toEqual([{ pruned: null }])
    expect(await left(userId)).toEqual(['23', '0'])
  })

  test('is forgotten in batches', async () => {
    const userId = randomUUID()
    await eventsOf(userId, ...Array.from({ length: 6000 }, () => 24 * 20))
    // another suite may forget some of them too
    const [batch] = await prune(15)
    expect(batch?.pruned).toBeLessThanOrEqual(5000)
    while (Number((await prune(15))[0]?.pruned) > 0);
    expect(await left(userId)).toEqual([])
  })

  test('is forgotten by the servers themselves', async () => {
    const userId = randomUUID()
    await eventsOf(userId, 24 * 6, 24 * 4)
    const forgetful = await startAuthServer({ AUDIT_RETENTION_DAYS: '5' })
    for (let i = 0; i < 200 && (await left(userId)).length > 1; i++) await wait(30)
    expect(await left(userId)).toEqual(['96'])
    await forgetful.close()
  })
})
