import { maxAgeS, type Revocation } from '@auth-pair/access-token'
import type { Postgres, Statement } from '../postgres.ts'

export const reasons = [
  'signed-out',
  'signed-out-everywhere',
  'session-revoked',
  'token-reused',
  'evicted',
  'account-disabled',
] as const
export type Reason = (typeof reasons)[number]

/** A session to be recorded as ended. */
export interface Ended {
  readonly userId: string
  readonly sessionId: string
  readonly reason: Reason
}

/**
 * The record of revocations in PostgreSQL. A session is in it at most once, so that recording it again does no harm.
 * All throw `Problem('unavailable')` when PostgreSQL does not answer.
 */
export interface RevocationStore {
  /** Records ended sessions, and gives back the entries that are new. */
  insert(ended: readonly Ended[]): Promise<Revocation[]>
  /**
   * Records, in one statement with the change that causes it, that the sessions of a user have ended. `change` is an update of
   * `users` that returns `id` and `epoch`. Undefined when it changed nobody.
   */
  insertWith(change: Statement, values: readonly unknown[], reason: Reason): Promise<Revocation | undefined>
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

const insertEnded = {
  name: 'insert-revocations',
  text: `insert into revocations (user_id, session_id, reason, matters_until)
         select user_id, session_id, reason, now() + $4 * interval '1 millisecond'
         from unnest($1::uuid[], $2::text[], $3::text[]) as ended (user_id, session_id, reason)
         on conflict (session_id) do nothing
         returning ${columns}`,
}

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
  /** The longest life of a session, in milliseconds. */
  readonly sessionLifeMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const createRevocationStore = ({ postgres, sessionLifeMs, now }: StoreNeeds): RevocationStore => {
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
      const values = [column('userId'), column('sessionId'), column('reason'), sessionLifeMs]
      return (await postgres.write<Row>(insertEnded, values)).map(toRevocation)
    },
    insertWith: async (change, values, reason) => {
      const [first, second] = [values.length + 1, values.length + 2]
      // one entry a user is enough: the newest says what the others said
      const text = `with changed as (${change.text}), former as (
          delete from revocations where session_id is null and user_id in (select id from changed))
        insert into revocations (user_id, before_epoch, reason, matters_until)
        select id, epoch, $${first}, now() + $${second} * interval '1 millisecond' from changed
        returning ${columns}`
      const [row] = await postgres.write<Row>({ name: change.name, text }, [...values, reason, sessionLifeMs])
      return row && toRevocation(row)
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
