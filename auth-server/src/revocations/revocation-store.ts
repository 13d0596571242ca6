import { maxAgeS, type Revocation } from '@auth-pair/access-token/pair'
import type { Circumstances, From } from '../circumstances.ts'
import type { Postgres, Statement } from '../postgres.ts'
import { type AuditInsert, insertEnded, insertEndedBy } from './insert-ended.ts'

export const reasons = [
  'signed-out',
  'signed-out-everywhere',
  'session-revoked',
  'token-reused',
  'code-reused',
  'evicted',
  'ended-with-family',
  'account-disabled',
  'password-changed',
  'api-token-revoked',
] as const
export type Reason = (typeof reasons)[number]

/** A session to be recorded as ended. Where it was ended from is audited. */
export interface Ended extends Circumstances {
  readonly userId: string
  readonly sessionId: string
  readonly reason: Reason
}

/** An end that was told at once, and is recorded later. */
export interface EndedBefore extends Ended {
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * The record of revocations in PostgreSQL. A session is in it at most once, so that recording it again does no harm.
 * All throw `Problem('unavailable')` when PostgreSQL does not answer.
 */
export interface RevocationStore {
  /** Records ended sessions, and gives back the entries that are new. Those are audited in the same statement. */
  insert(ended: readonly (Ended | EndedBefore)[]): Promise<Revocation[]>
  /**
   * Records, in one statement with the change that causes it, that the sessions of a user have ended. `change` is an update of
   * `users` that returns `id` and `epoch`. Undefined when it changed nobody.
   */
  insertWith(change: Statement, values: readonly unknown[], reason: Reason, from: From): Promise<Revocation | undefined>
  /**
   * The same for a change that ends what is named like a session: it returns `user_id` and `session_id`. The reason is also the event.
   * Gives back the entries.
   */
  insertEndedBy(change: Statement, values: readonly unknown[], reason: Reason, from: From): Promise<Revocation[]>
  /** The highest number in use, 0 for none. */
  newest(): Promise<number>
  /** Everything that can still matter to somebody who holds a token, in pages. */
  live(): AsyncGenerator<Revocation[]>
  /** What came after a number, and what may have become visible late. */
  since(seq: number): Promise<Recorded[]>
  /** One page of what came after `after`, up to and with `upTo`, by number, for ending it in Redis once more. */
  page(after: number, upTo: number): Promise<Revocation[]>
  /** The number after which everything comes that was recorded since then, by this server's clock. */
  before(time: Date): Promise<number>
  /** Forgets a batch of what no longer matters to anybody; gives back how many. */
  prune(): Promise<number>
}

/**
 * How long a session's entry matters to whoever holds its access tokens, in milliseconds: as long as any access token can live,
 * whatever the setting is now, and a minute because clocks differ.
 */
export const tokenLifeMs = (maxAgeS + 60) * 1000

/** An entry as it was read. Numbers can be given twice, by a stand-by that was promoted; the stamp tells such entries apart. */
export interface Recorded extends Revocation {
  readonly seq: number
  readonly stamp: string
}

interface Row {
  seq: string
  user_id: string
  session_id: string | null
  before_epoch: string | null
  /** Milliseconds, as a number in text: how long ago it was recorded, and how long it still matters. */
  age: string
  left: string
  stamp: string
}

/** How many entries `page` gives at most. */
export const pageSize = 1000

// SECURITY: times that have passed, not times of day. The clock of PostgreSQL is its own.
const columns = `seq, user_id, session_id, before_epoch,
  extract(epoch from clock_timestamp() - recorded_at) * 1000 as age,
  extract(epoch from matters_until - clock_timestamp()) * 1000 as left,
  recorded_at::text as stamp`

const newestSeq = { name: 'newest-revocation', text: 'select coalesce(max(seq), 0) as seq from revocations' }

const liveRevocations = {
  name: 'live-revocations',
  text: `select ${columns} from revocations
         where seq > $2 and matters_until > now()
           and (session_id is null or recorded_at > now() - $1 * interval '1 millisecond')
         order by seq limit ${pageSize}`,
}

// a statement takes its number before it is visible, and lasts 2.5 s at most
const revocationsSince = {
  name: 'revocations-since',
  text: `(select ${columns} from revocations where seq > $1 order by seq limit 10000)
         union all
         (select ${columns} from revocations where seq <= $1 and recorded_at > now() - interval '10 seconds')`,
}

const revocationsPage = {
  name: 'revocations-page',
  text: `select ${columns} from revocations
         where seq > $1 and seq <= $2 and matters_until > now() order by seq limit ${pageSize}`,
}

const seqBefore = {
  name: 'revocation-before',
  text: `select coalesce(max(seq), 0) as seq from revocations where recorded_at < now() - $1 * interval '1 millisecond'`,
}

const pruneRevocations = {
  name: 'prune-revocations',
  text: `delete from revocations
         where seq in (select seq from revocations where matters_until < now() limit 5000) returning seq`,
}

interface StoreNeeds {
  readonly postgres: Postgres
  readonly auditInsert: AuditInsert
  /** The longest life of a session, in milliseconds. */
  readonly sessionLifeMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const createRevocationStore = (needs: StoreNeeds): RevocationStore => {
  const { postgres, auditInsert, sessionLifeMs, now } = needs
  const insertion = insertEnded(auditInsert, columns)
  const toRevocation = (row: Row): Recorded => {
    const { seq, user_id: userId, session_id: sessionId, before_epoch: before, stamp } = row
    const at = Math.round(now() - Number(row.age))
    return sessionId === null
      ? { seq: Number(seq), stamp, userId, before: Number(before), at, until: Math.round(now() + Number(row.left)) }
      : { seq: Number(seq), stamp, userId, sessionId, at, until: at + tokenLifeMs }
  }
  const read = async (statement: Statement, values: readonly unknown[]) =>
    (await postgres.read<Row>(statement, values)).map(toRevocation)
  const readSeq = async (statement: Statement, values: readonly unknown[] = []) =>
    Number((await postgres.read<{ seq: string }>(statement, values))[0]?.seq)

  return {
    insert: async ended => {
      const column = (name: keyof Ended) => ended.map(entry => entry[name])
      const ages = ended.map(entry => ('at' in entry ? Math.max(0, now() - entry.at) : 0))
      const values = [column('userId'), column('sessionId'), column('reason'), sessionLifeMs, ages]
      values.push(column('ip'), column('device'), column('requestId'))
      return (await postgres.write<Row>(insertion, values)).map(toRevocation)
    },
    insertWith: async (change, values, reason, from) => {
      const { ip, device, requestId } = from()
      const parameter = (i: number) => `$${values.length + i}`
      const event = {
        event: `${parameter(1)}::text`,
        userId: 'id',
        ip: `${parameter(3)}::text`,
        device: `${parameter(4)}::text`,
        requestId: `${parameter(5)}::text`,
      }
      // one entry a user is enough: the newest says what the others said
      const text = `with changed as (${change.text}), former as (
          delete from revocations where session_id is null and user_id in (select id from changed)),
        audited as (${auditInsert(event, 'changed')})
        insert into revocations (user_id, before_epoch, reason, matters_until)
        select id, epoch, ${parameter(1)}, now() + ${parameter(2)} * interval '1 millisecond' from changed
        returning ${columns}`
      const all = [...values, reason, sessionLifeMs, ip, device, requestId]
      const [row] = await postgres.write<Row>({ name: change.name, text }, all)
      return row && toRevocation(row)
    },
    insertEndedBy: async (change, values, reason, from) => {
      const { ip, device, requestId } = from()
      const statement = insertEndedBy(auditInsert, columns, change, values.length)
      const all = [...values, reason, sessionLifeMs, ip, device, requestId]
      return (await postgres.write<Row>(statement, all)).map(toRevocation)
    },
    newest: () => readSeq(newestSeq),
    live: async function* () {
      for (let last: number | undefined = 0; last !== undefined; ) {
        const page: Revocation[] = await read(liveRevocations, [tokenLifeMs, last])
        if (page.length > 0) yield page
        last = page.at(-1)?.seq
      }
    },
    since: seq => read(revocationsSince, [seq]),
    page: (after, upTo) => read(revocationsPage, [after, upTo]),
    before: time => readSeq(seqBefore, [now() - time.getTime()]),
    prune: async () => (await postgres.write(pruneRevocations, [])).length,
  }
}
