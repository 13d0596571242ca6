import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { Log } from '@auth-pair/service'
import pg from 'pg'

/** What the server does with each table: exactly that is granted. SECURITY: audit_events are only added. */
const privileges = [
  'select, insert, update on users',
  'select, insert, delete on revocations',
  'select, insert on audit_events',
  'select, insert, update, delete on api_tokens',
  // a server of the version before looks here, and for the primary key, before it finds nothing to do
  'select, references on migrations',
  'execute on function prune_audit_events(integer)',
] as const

/**
 * Gives the role of this URL what the server needs and no more, as the owner of the tables. Makes the role when it is missing. Once
 * more does no harm; the caller holds the lock of the migrations.
 */
export const grantToServer = async (owner: pg.Client, serverUrl: string, log: Log): Promise<void> => {
  const { username, password } = new URL(serverUrl)
  const name = decodeURIComponent(username)
  const role = pg.escapeIdentifier(name)
  const known = await owner.query(
    'select pg_has_role(oid, current_user, $2) as "isOwner" from pg_roles where rolname = $1',
    [name, 'MEMBER'],
  )
  if (known.rows.length === 0) await createRole(owner, name, decodeURIComponent(password), log)
  else if (known.rows[0].isOwner)
    log.warn(
      { role: name },
      'this role can do whatever the owner of the tables can: the record of events is not closed to it',
    )
  const { rows } = await owner.query('select current_schema() as schema')
  const schema = pg.escapeIdentifier(rows[0].schema)
  // all at once: other servers of this role are at work
  await owner.query(
    [
      'begin',
      `grant usage on schema ${schema} to ${role}`,
      `revoke all on all tables in schema ${schema} from ${role}`,
      ...privileges.map(privilege => `grant ${privilege} to ${role}`),
      'commit',
    ].join(';\n'),
  )
}

const createRole = async (owner: pg.Client, name: string, password: string, log: Log): Promise<void> => {
  const { rows } = await owner.query(
    'select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user',
  )
  if (!rows[0]?.may)
    throw new Error(
      `The role ${name} of DATABASE_URL does not exist, and that of DATABASE_OWNER_URL may not make it: create role ${name} login password '...';`,
    )
  const secret = password === '' ? '' : `password ${pg.escapeLiteral(scramVerifier(password))}`
  try {
    await owner.query(`create role ${pg.escapeIdentifier(name)} login ${secret}`)
    log.info({ role: name }, 'database role made')
  } catch (error) {
    // roles are those of all databases: that of a neighbour may just have made it
    if (!/^(42710|23505)$/.test((error as pg.DatabaseError).code ?? '')) throw error
  }
}

/**
 * What PostgreSQL stores of a password (RFC 5803). SECURITY: the server is sent this in place of the password, which would stand in its log
 * when the statement fails.
 */
export const scramVerifier = (password: string, salt = randomBytes(16)): string => {
  const iterations = 4096
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}
