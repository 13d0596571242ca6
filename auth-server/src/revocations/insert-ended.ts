import type { Statement } from '../postgres.ts'

/** The SQL of the insert of an event for each row of a relation, of which the columns are expressions. */
export type AuditInsert = (
  columns: {
    readonly event: string
    readonly userId: string
    readonly sessionId?: string
    readonly ip: string
    readonly device: string
    readonly requestId: string
    readonly at?: string
  },
  relation: string,
) => string

/**
 * Records ended sessions, each once, and audits those that are new. Gives back `columns` of them. Its values: users, sessions, reasons, how
 * long they matter in milliseconds, how long ago each happened in milliseconds, addresses, devices, request ids.
 */
export const insertEnded = (auditInsert: AuditInsert, columns: string): Statement => {
  const event = {
    event: `case reason when 'token-reused' then 'token-reuse-detected' when 'evicted' then 'session-evicted' else reason end`,
    userId: 'recorded.user_id',
    sessionId: 'session_id',
    ip: 'ip',
    device: 'device',
    requestId: 'request_id',
    at: `now() - age * interval '1 millisecond'`,
  }
  return {
    name: 'insert-revocations',
    text: `with ended as (
             select distinct on (session_id) *
             from unnest($1::uuid[], $2::text[], $3::text[], $5::float8[], $6::text[], $7::text[], $8::text[])
               as ended (user_id, session_id, reason, age, ip, device, request_id)),
           recorded as (
             insert into revocations (user_id, session_id, reason, matters_until)
             select user_id, session_id, reason, now() + $4 * interval '1 millisecond' from ended
             on conflict (session_id) do nothing
             returning seq, user_id, session_id, before_epoch, recorded_at, matters_until),
           audited as (
             ${auditInsert(event, 'recorded join (select session_id, reason, age, ip, device, request_id from ended) as how using (session_id)')})
           select ${columns} from recorded`,
  }
}

/**
 * As `insertEnded`, in one statement with the change that ends them, which returns their `user_id` and `session_id` and has so many values.
 * After those: the reason, which is also the event, how long they matter in milliseconds, address, device, request id.
 */
export const insertEndedBy = (
  auditInsert: AuditInsert,
  columns: string,
  change: Statement,
  count: number,
): Statement => {
  const parameter = (i: number) => `$${count + i}`
  const event = {
    event: `${parameter(1)}::text`,
    userId: 'user_id',
    sessionId: 'session_id',
    ip: `${parameter(3)}::text`,
    device: `${parameter(4)}::text`,
    requestId: `${parameter(5)}::text`,
  }
  return {
    name: change.name,
    text: `with changed as (${change.text}),
           recorded as (
             insert into revocations (user_id, session_id, reason, matters_until)
             select user_id, session_id, ${parameter(1)}, now() + ${parameter(2)} * interval '1 millisecond' from changed
             on conflict (session_id) do nothing
             returning seq, user_id, session_id, before_epoch, recorded_at, matters_until),
           audited as (${auditInsert(event, 'recorded')})
           select ${columns} from recorded`,
  }
}
