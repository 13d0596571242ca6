import { createHash } from 'node:crypto'
import type { From } from '../circumstances.ts'
import type { Postgres, Statement } from '../postgres.ts'

/** The SQL of the insert of an event for each row of a relation, of which the columns are expressions. */
export type AuditInsert = (
  columns: {
    readonly event: string
    readonly userId: string
    readonly sessionId: string
    readonly ip: string
    readonly device: string
    readonly requestId: string
  },
  relation: string,
) => string

/** An API token as it is kept: everything but the token. */
export interface ApiToken {
  /** Of the form of a session's id. */
  readonly id: string
  readonly userId: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: Date
  /** Null for never. */
  readonly expiresAt: Date | null
  /** To the minute or so. */
  readonly lastUsedAt: Date | null
}

export interface NewApiToken {
  readonly id: string
  readonly userId: string
  /** That of the session which makes it: a later one of the user has ended that session. */
  readonly epoch: number
  readonly token: string
  readonly name: string
  readonly scopes: readonly string[]
  /** Null for never. */
  readonly expiresInDays: number | null
}

export type Made =
  | { readonly kind: 'made'; readonly apiToken: ApiToken }
  /** The user has as many as there may be. */
  | { readonly kind: 'full' }
  /** There is no such user, the account is disabled, or a newer epoch has begun. */
  | { readonly kind: 'nobody' }

/** When a token was used, in milliseconds since the epoch. */
export type Use = readonly [id: string, at: number]

/** API tokens in PostgreSQL. All throw `Problem('unavailable')` when it does not answer. */
export interface TokenStore {
  insert(token: NewApiToken, from: From): Promise<Made>
  /** Those of a user that were not revoked, the newest first. */
  ofUser(userId: string): Promise<ApiToken[]>
  /** A token that is good now, and whether it is time to write down that it was used. */
  find(token: string): Promise<{ readonly apiToken: ApiToken; readonly isDue: boolean } | undefined>
  /** Writes down uses, each unless one of the last minute is known. */
  writeUses(uses: readonly Use[]): Promise<void>
}

/** The most tokens of a user. The table has the same number. */
const mostTokens = 50

interface Row {
  id: string
  user_id: string
  name: string
  scopes: string
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
}

const columns = 'id, user_id, name, scopes, created_at, expires_at, last_used_at'

// SECURITY: the lock on the user decides between this and what disables the account or raises the epoch at the same time. Which place is
// taken, and so how many there are, the unique constraint decides; one that has expired makes room.
const insertToken = (auditInsert: AuditInsert): Statement => ({
  name: 'insert-api-token',
  text: `with owner as (
      select id from users where id = $1 and epoch <= $2 and disabled_at is null for share),
    place as (
      select place.slot from generate_series(1, ${mostTokens}) as place (slot)
      left join api_tokens as taken on taken.user_id = $1 and taken.slot = place.slot
      where taken.id is null or taken.expires_at <= now()
      order by taken.id is not null, random() limit 1),
    made as (
      insert into api_tokens as former (id, user_id, slot, hash, name, scopes, expires_at)
      select $3, owner.id, place.slot, $4, $5, $6, now() + $7::float8 * interval '1 day' from owner, place
      on conflict on constraint api_tokens_user_slot_unique do update
        set id = excluded.id, hash = excluded.hash, name = excluded.name, scopes = excluded.scopes,
          created_at = excluded.created_at, expires_at = excluded.expires_at, last_used_at = null
        where former.expires_at <= now()
      returning ${columns}),
    audited as (${auditInsert(
      {
        event: `'api-token-made'`,
        userId: 'user_id',
        sessionId: 'id',
        ip: '$8::text',
        device: '$9::text',
        requestId: '$10::text',
      },
      'made',
    )})
    select (select count(*) from owner)::int as owners, (select count(*) from place)::int as places, made.*
    from (values (1)) as one left join made on true`,
})

const tokensOfUser = {
  name: 'api-tokens-of-user',
  text: `select ${columns} from api_tokens where user_id = $1 order by created_at desc, id`,
}

// SECURITY: looked up by the hash of the whole token: what the time of the look-up tells, it tells about a hash (ASVS 11.2.4)
const tokenByHash = {
  name: 'api-token-by-hash',
  text: `select ${columns
    .split(', ')
    .map(column => `api_tokens.${column}`)
    .join(', ')}, coalesce(last_used_at < now() - interval '1 minute', true) as is_due
    from api_tokens join users on users.id = user_id
    where hash = $1 and disabled_at is null and (expires_at is null or expires_at > now())`,
}

const writeUses = {
  name: 'api-token-uses',
  text: `update api_tokens set last_used_at = now() - age * interval '1 millisecond'
    from unnest($1::text[], $2::float8[]) as used (used_id, age)
    where id = used_id and coalesce(last_used_at < now() - interval '1 minute', true)`,
}

/** Changes that revoke a token, of a user by its id or by the token itself. They return `user_id` and `session_id`. */
export const revokingChanges = {
  byId: {
    name: 'revoke-api-token',
    text: 'delete from api_tokens where id = $1 and user_id = $2 returning user_id, id as session_id',
  },
  byHash: {
    name: 'revoke-shown-api-token',
    text: 'delete from api_tokens where hash = $1 returning user_id, id as session_id',
  },
} as const satisfies Record<string, Statement>

export const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

interface StoreNeeds {
  readonly postgres: Postgres
  readonly auditInsert: AuditInsert
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const createTokenStore = ({ postgres, auditInsert, now }: StoreNeeds): TokenStore => {
  const insertion = insertToken(auditInsert)
  type InsertRow = { [Name in keyof Row]: Row[Name] | null } & { owners: number; places: number }

  const insert: TokenStore['insert'] = async (made, from) => {
    const { id, userId, epoch, token, name, scopes, expiresInDays } = made
    const { ip, device, requestId } = from()
    const values = [userId, epoch, id, hashOf(token), name, scopes.join(' '), expiresInDays, ip, device, requestId]
    const [row] = await postgres.write<InsertRow>(insertion, values)
    if (row?.id) return { kind: 'made', apiToken: toApiToken(row as Row) }
    if (!row?.owners) return { kind: 'nobody' }
    // somebody else has taken the place, so that one less is free: this ends
    return row.places > 0 ? insert(made, from) : { kind: 'full' }
  }

  return {
    insert,
    ofUser: async userId => (await postgres.read<Row>(tokensOfUser, [userId])).map(toApiToken),
    find: async token => {
      const [row] = await postgres.read<Row & { is_due: boolean }>(tokenByHash, [hashOf(token)])
      return row && { apiToken: toApiToken(row), isDue: row.is_due }
    },
    writeUses: async uses => {
      // SECURITY: times that have passed, not times of day. The clock of PostgreSQL is its own.
      const ages = uses.map(([, at]) => Math.max(0, now() - at))
      await postgres.write(writeUses, [uses.map(([id]) => id), ages])
    },
  }
}

const toApiToken = (row: Row): ApiToken => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  scopes: row.scopes.split(' ').filter(Boolean),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
})
