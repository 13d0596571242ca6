import { createHash, createHmac, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { memoryLog } from '@auth-pair/service/testing'
import pg from 'pg'
import { grantToServer, scramVerifier } from './database-roles.ts'
import { applyMigrations } from './migrate.ts'
import { introspect, makeApiToken } from './testing/api-tokens.ts'
import { auditRows } from './testing/audit-rows.ts'
import { freshDatabase } from './testing/fresh-database.ts'
import { freshEmail, goodPassword, redisApart, signUp, startAuthServer } from './testing/index.ts'

jest.setTimeout(60_000)
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A database of an owner who is no superuser, and the URL of a role for the server that is not there yet. */
const ownedDatabase = async ({ mayMakeRoles = true } = {}) => {
  const database = await freshDatabase()
  const suffix = randomUUID().replaceAll('-', '')
  const [owner, server] = [`owner_${suffix}`, `server_${suffix}`]
  await database.admin.query(`create role ${owner} login ${mayMakeRoles ? 'createrole' : ''}`)
  await database.admin.query(`alter database ${new URL(database.url).pathname.slice(1)} owner to ${owner}`)
  const as = (username: string, password = '') => Object.assign(new URL(database.url), { username, password }).href
  // the database goes before its roles, and both before the connection
  closers.push(database.close, async () => {
    const admin = new pg.Client({ connectionString: as(new URL(database.url).username) })
    await admin.connect()
    await admin.query(`drop owned by ${owner}, ${server} cascade`).catch(() => {})
    await admin.query(`drop owned by ${owner} cascade`).catch(() => {})
    await database.admin.query(`alter database ${new URL(database.url).pathname.slice(1)} owner to current_user`)
    for (const role of [server, owner]) await admin.query(`drop role if exists ${role}`)
    await admin.end()
  })
  const connectAs = async (username: string) => {
    const client = new pg.Client({ connectionString: as(username) })
    await client.connect()
    closers.push(() => client.end())
    return client
  }
  return { ...database, owner, server, ownerUrl: as(owner), serverUrl: as(server, 'p@ss/word 1'), connectAs }
}

const settingsOf = ({ serverUrl, ownerUrl }: { serverUrl: string; ownerUrl: string }) => ({
  DATABASE_URL: serverUrl,
  DATABASE_OWNER_URL: ownerUrl,
})
const startServer = async (settings: Record<string, string>) => {
  const server = await startAuthServer({ ...settings, ...redisApart(9) })
  closers.push(server.close)
  for (let i = 0; (await server.http.get('/health/ready')).status !== 200 && i < 500; i++) await wait(20)
  return server
}
const refused = /permission denied|must be owner|audit_events are only added/

describe('the role of the server', () => {
  test('does all that a server does', async () => {
    const database = await ownedDatabase()
    const server = await startServer(settingsOf(database))
    const { email, user, accessToken, refreshToken } = await signUp(server)
    const bearer = { Authorization: `Bearer ${accessToken}` }
    expect((await server.http.post('/api/signin').send({ email, password: goodPassword })).status).toBe(200)
    expect((await server.http.post('/api/signin').send({ email, password: 'wrong one' })).status).toBe(401)
    expect((await server.http.post('/api/refresh').send({ refreshToken })).status).toBe(200)
    expect((await server.http.get('/api/account/activity').set(bearer)).body.events.length).toBeGreaterThan(1)
    const [one, other] = [await makeApiToken(server, accessToken), await makeApiToken(server, accessToken)]
    expect((await introspect(server, one.token)).body.active).toBe(true)
    expect((await server.http.delete(`/api/tokens/${one.id}`).set(bearer)).status).toBe(204)
    expect((await server.http.delete('/api/sessions?except=current').set(bearer)).status).toBe(204)
    expect((await server.http.delete('/api/sessions').set(bearer)).status).toBe(204)
    // the second time, the entry before makes room
    const again = await server.http.post('/api/signin').send({ email, password: goodPassword })
    const bearerAgain = { Authorization: `Bearer ${again.body.accessToken}` }
    expect((await server.http.delete('/api/sessions').set(bearerAgain)).status).toBe(204)
    const prune = { name: 'test-prune', text: 'select prune_audit_events(1) as pruned' }
    expect(await server.postgres.write(prune, [])).toEqual([{ pruned: 0 }])
    // a role that knows nothing of API tokens, that of the version before, ends them all the same
    const owner = await database.connectAs(database.owner)
    await owner.query(`revoke all on api_tokens from ${database.server}`)
    const asServer = await database.connectAs(database.server)
    await asServer.query('update users set disabled_at = now() where id = $1', [user.id])
    expect((await owner.query('select 1 from api_tokens where id = $1', [other.id])).rows).toEqual([])
    const events = (await auditRows(server.postgres, 'user_id', user.id)).map(({ event }) => event)
    expect(events).toEqual(
      expect.arrayContaining(['signed-up', 'signed-in', 'session-revoked', 'signed-out-everywhere']),
    )
  })

  test('can only read the record and add to it', async () => {
    const database = await ownedDatabase()
    await applyMigrations(database.serverUrl, memoryLog().log, database.ownerUrl)
    const client = await database.connectAs(database.server)
    const insert = `insert into audit_events (event, outcome, happened_at) values ('signed-in', 'success', now() - $1::interval)`
    for (const age of ['0', '2 days']) await client.query(insert, [age])
    for (const text of [
      `update audit_events set event = 'signed-out'`,
      'delete from audit_events',
      'truncate audit_events',
      'select 1 from audit_events for update',
      'alter table audit_events disable trigger all',
      'drop trigger audit_events_are_only_added on audit_events',
      'drop table audit_events',
      'alter function prune_audit_events(integer) reset all',
      'create or replace function prune_audit_events(days integer) returns integer language sql as $$ select 1 $$',
      `set audit_events.pruning = 'on'; delete from audit_events`,
      `do $$ begin perform prune_audit_events(1); delete from audit_events; end $$`,
      `set session_replication_role = replica`,
      `alter table users add column x text`,
      'delete from users',
      'truncate users',
      'update revocations set reason = null',
      `insert into migrations (name, run_on) values ('x', now())`,
      'create table x (y integer)',
    ])
      await expect(client.query(text).then(() => text)).rejects.toThrow(refused)
    expect((await client.query('select 1 from audit_events')).rows).toHaveLength(2)
    const anybody = `select has_function_privilege('public', 'prune_audit_events(integer)', 'execute') as may`
    expect((await client.query(anybody)).rows).toEqual([{ may: false }])
    // not with a table of its own in the place of the record either
    await client.query("create temp table audit_events as select 1 as seq, now() - interval '9 days' as happened_at")
    expect((await client.query('select prune_audit_events(-5) as pruned')).rows).toEqual([{ pruned: 1 }])
    expect((await client.query('select 1 from public.audit_events')).rows).toHaveLength(1)
    await expect((await database.connectAs(database.owner)).query('delete from audit_events')).rejects.toThrow(refused)
  })

  test('is made once by eight servers that start at once, with the password of the URL', async () => {
    const database = await ownedDatabase()
    const { log, lines } = memoryLog()
    const { serverUrl, ownerUrl } = database
    await Promise.all(Array.from({ length: 8 }, () => applyMigrations(serverUrl, log, ownerUrl)))
    for (const msg of ['database migrated', 'database role made'])
      expect(lines.filter(line => line.msg === msg)).toHaveLength(1)
    const text =
      'select rolpassword, rolsuper or rolcreaterole or rolcreatedb as mighty from pg_authid where rolname = $1'
    const [role] = (await database.admin.query(text, [database.server])).rows
    const salt = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(role.rolpassword)?.[1] ?? ''
    expect(role).toEqual({ rolpassword: scramVerifier('p@ss/word 1', Buffer.from(salt, 'base64')), mighty: false })
  })

  test('that had too much has no more than it needs after the next start', async () => {
    const database = await ownedDatabase()
    const { log } = memoryLog()
    const { serverUrl, ownerUrl, server } = database
    await applyMigrations(serverUrl, log, ownerUrl)
    const owner = await database.connectAs(database.owner)
    await owner.query(`grant all on audit_events, users to ${server}`)
    await applyMigrations(serverUrl, log, ownerUrl)
    const text = `select table_name || ': ' || string_agg(privilege_type, ', ' order by privilege_type) as line
      from information_schema.role_table_grants where grantee = $1 group by table_name order by 1`
    expect((await owner.query(text, [server])).rows.map(({ line }) => line)).toEqual([
      'api_tokens: DELETE, INSERT, SELECT, UPDATE',
      'audit_events: INSERT, SELECT',
      'migrations: REFERENCES, SELECT',
      'revocations: DELETE, INSERT, SELECT',
      'users: INSERT, SELECT, UPDATE',
    ])
  })

  test('is taken on by a database that had one role, and a server that knows of one role starts with it', async () => {
    const database = await ownedDatabase()
    const { log } = memoryLog()
    const before = await startServer({ DATABASE_URL: database.ownerUrl })
    const after = await startServer(settingsOf(database))
    const restricted = await startServer({ DATABASE_URL: database.serverUrl })
    await applyMigrations(database.serverUrl, log)
    for (const server of [before, after, restricted]) {
      const { refreshToken } = await signUp(server, { email: freshEmail() })
      expect((await server.http.post('/api/signout').send({ refreshToken })).status).toBe(204)
    }
  })

  test('that is missing, and may not be made, is said to be; without its password', async () => {
    const database = await ownedDatabase({ mayMakeRoles: false })
    const { log, text } = memoryLog()
    const start = applyMigrations(database.serverUrl, log, database.ownerUrl)
    await expect(start).rejects.toThrow(`The role ${database.server} of DATABASE_URL does not exist`)
    await expect(start).rejects.not.toThrow('p@ss')
    expect(text()).not.toContain('p@ss')
  })

  test('that can do all the same is warned about', async () => {
    const database = await ownedDatabase()
    const { log, lines } = memoryLog()
    await applyMigrations(database.serverUrl, log, database.ownerUrl)
    await database.admin.query(`grant ${database.owner} to ${database.server}`)
    const owner = await database.connectAs(database.owner)
    await grantToServer(owner, database.serverUrl, log)
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', role: database.server }))
  })
})

describe('a change and its event', () => {
  test('are both there or none: without the event no account, no sign-in, no end of all sessions', async () => {
    const database = await ownedDatabase()
    const server = await startServer(settingsOf(database))
    const { email, accessToken, refreshToken } = await signUp(server)
    const owner = await database.connectAs(database.owner)
    await owner.query(`revoke insert on audit_events from ${database.server}`)
    const newcomer = { email: freshEmail(), password: goodPassword }
    expect((await server.http.post('/api/signup').send(newcomer)).status).toBe(500)
    expect((await server.http.post('/api/signin').send({ email, password: goodPassword })).status).toBe(500)
    const bearer = { Authorization: `Bearer ${accessToken}` }
    expect((await server.http.delete('/api/sessions').set(bearer)).status).toBe(500)
    expect((await server.http.post('/api/refresh').send({ refreshToken })).status).toBe(200)
    expect((await server.http.get('/api/sessions').set(bearer)).body.sessions).toHaveLength(1)
    expect((await owner.query('select email from users')).rows).toEqual([{ email }])
    expect((await owner.query('select 1 from revocations')).rows).toEqual([])
    await owner.query(`grant insert on audit_events to ${database.server}`)
    expect((await server.http.post('/api/signup').send(newcomer)).status).toBe(201)
  })
})

test('what PostgreSQL is sent in place of a password is that of RFC 7677, section 3', () => {
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))
  const [, storedKey = '', serverKey = ''] =
    /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$(.*):(.*)$/.exec(verifier) ?? []
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const message = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`
  const hmac = (key: string) => createHmac('sha256', Buffer.from(key, 'base64')).update(message).digest()
  expect(hmac(serverKey).toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
  const clientKey = hmac(storedKey).map((byte, i) => byte ^ (proof[i] ?? 0))
  expect(createHash('sha256').update(clientKey).digest('base64')).toBe(storedKey)
})
