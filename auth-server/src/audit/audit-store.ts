import type { Circumstances } from '../circumstances.ts'
import type { Postgres } from '../postgres.ts'
import { auditInsert } from './audit-insert.ts'
import { type EventName, events } from './events.ts'

/** A place in the record. Its order is that of the time of events, and of their numbers within the same microsecond. */
export interface Place {
  /** Microseconds since the epoch. */
  readonly micros: number
  readonly seq: number
}

/** An event as it stands in the record. */
export interface RecordedEvent extends Place, Circumstances {
  readonly event: string
  readonly outcome: string
  readonly reason: string | null
  readonly userId: string | null
  readonly subject: string | null
  readonly sessionId: string | null
  /** How many events the row stands for. */
  readonly count: number
}

/** A row of what was collected before it was written. */
export interface CollectedRow extends Circumstances {
  /** Its own name: written again under the same one, it is the same row. */
  readonly once: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly event: EventName
  readonly reason: string | null
  readonly userId: string | null
  readonly subject: string | null
  readonly count: number
}

/** What an operator looks for. */
export interface Wanted {
  readonly userId?: string | undefined
  readonly subject?: string | undefined
  readonly event?: string | undefined
  readonly since?: Date | undefined
}

/** A session that was opened. */
export interface RecordedSignIn extends Circumstances {
  readonly event: 'signed-in' | 'signed-in-by-redirect'
  readonly reason: string | null
  readonly userId: string
  readonly sessionId: string
}

/** The record in PostgreSQL. All throw `Problem('unavailable')` when it does not answer. */
export interface AuditStore {
  insertSignIn(signIn: RecordedSignIn): Promise<void>
  /** Adds what is not there yet. */
  insertCollected(rows: readonly CollectedRow[]): Promise<void>
  /** Up to `limit` events of a user, the newest first, that come before a place. */
  ofUser(userId: string, limit: number, before: Place | undefined): Promise<RecordedEvent[]>
  /** Up to `limit` events, the newest first, that come before the one of a number. */
  newest(wanted: Wanted, limit: number, beforeSeq: number | undefined): Promise<RecordedEvent[]>
  /** Up to `limit` events, the oldest first, that come after a place. */
  oldest(limit: number, after: Place | undefined): Promise<RecordedEvent[]>
  /** Forgets a batch of what is older; gives back how many. */
  prune(days: number): Promise<number>
}

interface Row {
  seq: string
  micros: string
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

const columns = `seq, (extract(epoch from happened_at) * 1000000)::bigint as micros, event, outcome, reason, user_id, subject,
  session_id, ip, device, request_id, count`

/** The place of two parameters, or the end of time. */
const placeOf = (micros: string, seq: string, end: 'infinity' | '-infinity') =>
  `(coalesce(timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond', '${end}'), coalesce(${seq}::bigint, 0))`

const insertSignIn = {
  name: 'audit-sign-in',
  text: auditInsert(
    {
      event: '$6::text',
      reason: '$7::text',
      userId: '$1::uuid',
      sessionId: '$2::text',
      ip: '$3::text',
      device: '$4::text',
      requestId: '$5::text',
    },
    '(values (1)) as one',
  ),
}

const insertCollected = {
  name: 'audit-collected',
  text: `insert into audit_events
           (once, happened_at, event, outcome, reason, user_id, subject, ip, device, request_id, count)
         select once, now() - age * interval '1 millisecond', event, outcome, reason, user_id, subject, ip, device, request_id, count
         from unnest($1::text[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[],
           $10::text[], $11::bigint[])
           as collected (once, age, event, outcome, reason, user_id, subject, ip, device, request_id, count)
         on conflict (once) where once is not null do nothing`,
}

const eventsOfUser = {
  name: 'audit-of-user',
  text: `select ${columns} from audit_events
         where user_id = $1 and (happened_at, seq) < ${placeOf('$3', '$4', 'infinity')}
         order by happened_at desc, seq desc limit $2`,
}

const newestEvents = {
  name: 'audit-newest',
  text: `select ${columns} from audit_events
         where ($1::uuid is null and $2::text is null or user_id = $1 or subject = $2)
           and ($3::text is null or event = $3)
           and happened_at >= coalesce($4::timestamptz, '-infinity')
           and happened_at <= coalesce((select happened_at from audit_events where seq = $6), 'infinity')
           and ($6::bigint is null or (happened_at, seq) < (select happened_at, seq from audit_events where seq = $6))
         order by happened_at desc, seq desc limit $5`,
}

const oldestEvents = {
  name: 'audit-oldest',
  text: `select ${columns} from audit_events
         where (happened_at, seq) > ${placeOf('$2', '$3', '-infinity')}
         order by happened_at, seq limit $1`,
}

const prune = { name: 'audit-prune', text: 'select prune_audit_events($1) as pruned' }

export const createAuditStore = (postgres: Postgres, now: () => number): AuditStore => ({
  insertSignIn: async ({ event, reason, userId, sessionId, ip, device, requestId }) => {
    await postgres.write(insertSignIn, [userId, sessionId, ip, device, requestId, event, reason])
  },
  insertCollected: async rows => {
    const column = <Name extends keyof CollectedRow>(name: Name) => rows.map(row => row[name])
    // SECURITY: times that have passed, not times of day. The clock of PostgreSQL is its own.
    const ages = rows.map(({ at }) => Math.max(0, now() - at))
    const outcomes = rows.map(({ event }) => events[event].outcome)
    await postgres.write(insertCollected, [
      ...[column('once'), ages, column('event'), outcomes, column('reason'), column('userId'), column('subject')],
      ...[column('ip'), column('device'), column('requestId'), column('count')],
    ])
  },
  ofUser: async (userId, limit, before) =>
    (await postgres.read<Row>(eventsOfUser, [userId, limit, before?.micros ?? null, before?.seq ?? null])).map(toEvent),
  newest: async ({ userId, subject, event, since }, limit, beforeSeq) => {
    const values = [userId ?? null, subject ?? null, event ?? null, since ?? null, limit, beforeSeq ?? null]
    return (await postgres.read<Row>(newestEvents, values)).map(toEvent)
  },
  oldest: async (limit, after) =>
    (await postgres.read<Row>(oldestEvents, [limit, after?.micros ?? null, after?.seq ?? null])).map(toEvent),
  prune: async days => Number((await postgres.write<{ pruned: number }>(prune, [days]))[0]?.pruned ?? 0),
})

const toEvent = (row: Row): RecordedEvent => ({
  seq: Number(row.seq),
  micros: Number(row.micros),
  event: row.event,
  outcome: row.outcome,
  reason: row.reason,
  userId: row.user_id,
  subject: row.subject,
  sessionId: row.session_id,
  ip: row.ip,
  device: row.device,
  requestId: row.request_id,
  count: Number(row.count),
})
