import type { From } from '../circumstances.ts'
import { type Postgres, type Statement, violatesUnique } from '../postgres.ts'
import { type AuditInsert, createAudited } from './audited.ts'

export interface Account {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewAccount {
  readonly id: string
  readonly email: string
  readonly emailKey: string
  readonly passwordHash: string
  /** Its first session, if it has one. */
  readonly sessionId: string | null
}

export interface Credentials {
  readonly account: Account
  readonly passwordHash: string
  /** Sessions that are opened with these credentials belong to it: a later one begins with whatever ends them all. */
  readonly epoch: number
  readonly disabled: boolean
}

/** An account as an operator sees it. */
export interface ListedAccount extends Account {
  readonly disabledAt: Date | undefined
}

interface AccountRow {
  id: string
  email: string
  confirmed: boolean
  created_at: Date
  updated_at: Date
}

interface CredentialsRow extends AccountRow {
  password_hash: string
  epoch: string
  disabled: boolean
}

/**
 * Accounts in PostgreSQL. One address has one account: the unique index decides, also between two that ask at the same time. What
 * changes an account is audited in the same statement.
 * All throw `Problem('unavailable')` when PostgreSQL does not answer.
 */
export interface AccountStore {
  insert(account: NewAccount, from: From): Promise<{ kind: 'created'; account: Account } | { kind: 'email-taken' }>
  byId(id: string): Promise<Account | undefined>
  credentials(emailKey: string): Promise<Credentials | undefined>
  credentialsById(id: string): Promise<Credentials | undefined>
  /** Replaces the hash, unless somebody else replaced it in the meantime. */
  replaceHash(id: string, hashes: { from: string; to: string }, from: From): Promise<void>
  /** Lets the account sign in again. Whether there is such an account. */
  enable(emailKey: string, from: From): Promise<boolean>
  /** A page of accounts by id, after the one given. */
  list(afterId: string): Promise<ListedAccount[]>
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether it is of the form of a user's id: a service that holds the secret can sign any subject. */
export const isUserId = (id: string): boolean => uuid.test(id)

const accountColumns = 'id, email, confirmed, created_at, updated_at'

const insertAccount = {
  name: 'insert-account',
  text: `insert into users (id, email, email_key, password_hash) values ($1, $2, $3, $4)
         returning ${accountColumns}`,
  event: 'signed-up',
  sessionId: '$5::text',
}

const accountById = {
  name: 'account-by-id',
  text: `select ${accountColumns} from users where id = $1 and disabled_at is null`,
}

const credentials = `select ${accountColumns}, password_hash, epoch, disabled_at is not null as disabled from users`

const credentialsByEmail = { name: 'credentials-by-email', text: `${credentials} where email_key = $1` }
const credentialsById = { name: 'credentials-by-id', text: `${credentials} where id = $1` }

const replaceHash = {
  name: 'replace-hash',
  text: 'update users set password_hash = $3, updated_at = now() where id = $1 and password_hash = $2 returning id',
  event: 'password-rehashed',
}

// SECURITY: the clock only makes epochs readable, and keeps them rising when a backup is put back. What orders a sign-in and
// the end of all sessions is this one number, read and raised under the row's lock: no two clocks are compared.
const nextEpoch = 'greatest(epoch + 1, floor(extract(epoch from clock_timestamp()))::bigint)'

/** Changes that end all sessions of a user. Each returns the user's id and new epoch. */
export const endingChanges = {
  disable: {
    name: 'disable-account',
    text: `update users set disabled_at = coalesce(disabled_at, now()), epoch = ${nextEpoch}, updated_at = now()
           where email_key = $1 returning id, epoch`,
  },
  beginEpoch: {
    name: 'begin-epoch',
    text: `update users set epoch = ${nextEpoch}, updated_at = now() where id = $1 returning id, epoch`,
  },
  // SECURITY: only what the password was checked against is replaced, and only while nothing has ended the sessions of its epoch
  changePassword: {
    name: 'change-password',
    text: `update users set password_hash = $4, epoch = ${nextEpoch}, updated_at = now()
           where id = $1 and password_hash = $2 and epoch = $3 and disabled_at is null returning id, epoch`,
  },
} as const satisfies Record<string, Statement>

const enableAccount = {
  name: 'enable-account',
  text: 'update users set disabled_at = null, updated_at = now() where email_key = $1 returning id',
  event: 'account-enabled',
}

const accountsAfter = {
  name: 'accounts-after',
  text: `select ${accountColumns}, disabled_at from users where id > $1 order by id limit 1000`,
}

export const createAccountStore = (postgres: Postgres, auditInsert: AuditInsert): AccountStore => {
  const audited = createAudited(postgres, auditInsert)
  return {
    insert: async ({ id, email, emailKey, passwordHash, sessionId }, from) => {
      try {
        const [row] = await audited<AccountRow>(insertAccount, [id, email, emailKey, passwordHash, sessionId], from)
        return { kind: 'created', account: toAccount(row as AccountRow) }
      } catch (error) {
        if (violatesUnique(error, 'users_email_key_unique')) return { kind: 'email-taken' }
        throw error
      }
    },
    byId: async id => {
      if (!isUserId(id)) return undefined
      const [row] = await postgres.read<AccountRow>(accountById, [id])
      return row && toAccount(row)
    },
    credentials: async emailKey => {
      const [row] = await postgres.read<CredentialsRow>(credentialsByEmail, [emailKey])
      return row && toCredentials(row)
    },
    credentialsById: async id => {
      if (!isUserId(id)) return undefined
      const [row] = await postgres.read<CredentialsRow>(credentialsById, [id])
      return row && toCredentials(row)
    },
    replaceHash: async (id, hashes, from) => {
      await audited(replaceHash, [id, hashes.from, hashes.to], from)
    },
    enable: async (emailKey, from) => (await audited(enableAccount, [emailKey], from)).length > 0,
    list: async afterId => {
      const rows = await postgres.read<AccountRow & { disabled_at: Date | null }>(accountsAfter, [afterId])
      return rows.map(row => ({ ...toAccount(row), disabledAt: row.disabled_at ?? undefined }))
    },
  }
}

const toAccount = (row: AccountRow): Account => ({
  id: row.id,
  email: row.email,
  confirmed: row.confirmed,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toCredentials = (row: CredentialsRow): Credentials => {
  const { password_hash: passwordHash, epoch, disabled } = row
  return { account: toAccount(row), passwordHash, epoch: Number(epoch), disabled }
}
