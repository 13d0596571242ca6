import { createPasswords } from '@auth-pair/auth-server/passwords'
import pg from 'pg'

export interface SomeAccounts {
  readonly databaseUrl: string
  /** What their emails begin with; a number from 1 and a domain follow (as in `emailOf`). */
  readonly name: string
  readonly count: number
  readonly passwordHash: string
  readonly disabled?: boolean
}

/** Accounts that all have the same password hash: making one for each would take hours. */
export const insertAccounts = async (some: SomeAccounts): Promise<void> => {
  const { databaseUrl, name, count, passwordHash, disabled = false } = some
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(
    `insert into users (id, email, email_key, password_hash, disabled_at)
     select gen_random_uuid(), $1 || i || '@example.org', $1 || i || '@example.org', $2, case when $3 then now() end
     from generate_series(1, $4::int) i`,
    [name, passwordHash, disabled, count],
  )
  await client.query('analyze users')
  await client.end()
}

/** A hash as the auth-server stores it. */
export const storedHash = async (password: string, cost: number): Promise<string> => {
  const passwords = createPasswords({ cost, hashing: { threads: 1, maxWaiting: 1, maxWaitMs: 60_000 } })
  try {
    return await passwords.hash(password, new AbortController().signal)
  } finally {
    await passwords.close()
  }
}
