import { events } from './events.ts'

/** The columns of an event as SQL expressions over a relation; what is left out is null. */
export interface EventColumns {
  readonly event: string
  readonly reason?: string
  readonly userId: string
  readonly sessionId?: string
  readonly ip: string
  readonly device: string
  readonly requestId: string
  /** When it happened; now, when left out. */
  readonly at?: string
}

const failures = Object.entries(events)
  .filter(([, { outcome }]) => outcome === 'failure')
  .map(([name]) => `'${name}'`)
  .join(', ')

/**
 * The SQL of the insert of an event for each row of a relation. It is for the statement that makes the change: both are done, or
 * none is.
 */
export const auditInsert = (columns: EventColumns, relation: string): string => {
  const { event, reason = 'null', userId, sessionId = 'null', ip, device, requestId, at = 'now()' } = columns
  return `insert into audit_events (happened_at, event, outcome, reason, user_id, session_id, ip, device, request_id)
    select ${at}, ${event}, case when ${event} in (${failures}) then 'failure' else 'success' end,
      ${reason}, ${userId}, ${sessionId}, ${ip}, ${device}, ${requestId}
    from ${relation}`
}
