import { setTimeout as wait } from 'node:timers/promises'
import type { TestServer } from './index.ts'

/** A row of the record, as it stands in the table. */
export interface AuditRow {
  seq: string
  happened_at: Date
  event: string
  outcome: string
  reason: string | null
  user_id: string | null
  subject: string | null
  session_id: string | null
  ip: string | null
  device: string | null
  request_id: string | null
  count: string
}

type Postgres = Pick<TestServer['postgres'], 'read'>

/** The rows whose column has this value, the oldest first. */
export const auditRows = (postgres: Postgres, column: keyof AuditRow, value: unknown): Promise<AuditRow[]> =>
  postgres.read<AuditRow>(
    { name: `test-audit-${column}`, text: `select * from audit_events where ${column} = $1 order by happened_at, seq` },
    [value],
  )

/** The same, once there are so many: notes are written within a second. */
export const untilAuditRows = async (
  postgres: Postgres,
  column: keyof AuditRow,
  value: unknown,
  count = 1,
): Promise<AuditRow[]> => {
  for (const began = performance.now(); performance.now() - began < 10_000; await wait(20)) {
    const rows = await auditRows(postgres, column, value).catch(() => [])
    if (rows.length >= count) return rows
  }
  throw new Error(`there are no ${count} rows of ${column} ${value}`)
}
