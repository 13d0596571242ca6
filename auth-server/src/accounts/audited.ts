import type { From } from '../circumstances.ts'
import type { Postgres, Statement } from '../postgres.ts'

/** The SQL of the insert of an event for each row of a relation, of which the columns are expressions. */
export type AuditInsert = (
  columns: {
    readonly event: string
    readonly userId: string
    readonly sessionId?: string
    readonly ip: string
    readonly device: string
    readonly requestId: string
  },
  relation: string,
) => string

/** A change of accounts that returns their `id`, and the event that it is. */
export interface AuditedChange extends Statement {
  readonly event: string
  /** An SQL expression. */
  readonly sessionId?: string
}

/** Makes changes, and records them in the same statement. */
export const createAudited =
  (postgres: Postgres, auditInsert: AuditInsert) =>
  <Row>(change: AuditedChange, values: readonly unknown[], from: From): Promise<Row[]> => {
    const { name, text, event, sessionId } = change
    const { ip, device, requestId } = from()
    const parameter = (i: number) => `$${values.length + i}::text`
    const columns = {
      event: `'${event}'`,
      userId: 'id',
      ...(sessionId !== undefined && { sessionId }),
      ip: parameter(1),
      device: parameter(2),
      requestId: parameter(3),
    }
    const audited = `with changed as (${text}), audited as (${auditInsert(columns, 'changed')}) select * from changed`
    return postgres.write<Row>({ name, text: audited }, [...values, ip, device, requestId])
  }
