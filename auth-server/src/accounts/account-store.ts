import { type Postgres, violatesUnique } from '../postgres.ts'

export interface Account {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  readonly createdAt: Date
}

export interface NewAccount {
  readonly id: string
  readonly email: string
  readonly emailKey: string
  readonly passwordHash: string
}

interface AccountRow {
  id: string
  email: string
  confirmed: boolean
  created_at: Date
}

/**
 * Accounts in PostgreSQL. One address has one account: the unique index decides, also between two that ask at the same time.
 * All throw `Problem('unavailable')` when PostgreSQL does not answer.
 */
export interface AccountStore {
  insert(account: NewAccount): Promise<{ kind: 'created'; account: Account } | { kind: 'email-taken' }>
  byId(id: string): Promise<Account | undefined>
  credentials(emailKey: string): Promise<{ account: Account; passwordHash: string } | undefined>
  /** Replaces the hash, unless somebody else replaced it in the meantime. */
  replaceHash(id: string, hashes: { from: string; to: string }): Promise<void>
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const insertAccount = {
  name: 'insert-account',
  text: `insert into users (id, email, email_key, password_hash) values ($1, $2, $3, $4)
         returning id, email, confirmed, created_at`,
}

const accountById = {
  name: 'account-by-id',
  text: 'select id, email, confirmed, created_at from users where id = $1',
}

const credentialsByEmail = {
  name: 'credentials-by-email',
  text: 'select id, email, confirmed, created_at, password_hash from users where email_key = $1',
}

const replaceHash = {
  name: 'replace-hash',
  text: 'update users set password_hash = $3, updated_at = now() where id = $1 and password_hash = $2',
}

export const createAccountStore = (postgres: Postgres): AccountStore => ({
  insert: async ({ id, email, emailKey, passwordHash }) => {
    try {
      const [row] = await postgres.write<AccountRow>(insertAccount, [id, email, emailKey, passwordHash])
      return { kind: 'created', account: toAccount(row as AccountRow) }
    } catch (error) {
      if (violatesUnique(error, 'users_email_key_unique')) return { kind: 'email-taken' }
      throw error
    }
  },
  byId: async id => {
    // a service that holds the secret can sign any subject
    if (!uuid.test(id)) return undefined
    const [row] = await postgres.read<AccountRow>(accountById, [id])
    return row && toAccount(row)
  },
  credentials: async emailKey => {
    const [row] = await postgres.read<AccountRow & { password_hash: string }>(credentialsByEmail, [emailKey])
    return row && { account: toAccount(row), passwordHash: row.password_hash }
  },
  replaceHash: async (id, { from, to }) => {
    await postgres.write(replaceHash, [id, from, to])
  },
})

const toAccount = (row: AccountRow): Account => ({
  id: row.id,
  email: row.email,
  confirmed: row.confirmed,
  createdAt: row.created_at,
})
