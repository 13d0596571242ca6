import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { startPrivatePostgres } from './private-postgres.ts'

test('a private PostgreSQL keeps what it commits on the disk, and leaves nothing behind', async () => {
  const { url, about, close } = await startPrivatePostgres('')
  const client = new Client(url)
  await client.connect()
  const ask = async (setting: string) => (await client.query(`show ${setting}`)).rows[0][setting] as string
  const [dir, fsync, addresses] = [await ask('data_directory'), await ask('fsync'), await ask('listen_addresses')]
  await client.end()
  expect({ fsync, addresses }).toEqual({ fsync: 'on', addresses: '127.0.0.1' })
  expect(about).toMatch(/^private PostgreSQL \d+/)
  const pid = Number.parseInt(readFileSync(join(dir, 'postmaster.pid'), 'utf8'), 10)
  expect(process.kill(pid, 0)).toBe(true)
  await close()
  expect(existsSync(dir)).toBe(false)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
}, 60_000)

test('a PostgreSQL that is given is used, and not stopped', async () => {
  const given = await startPrivatePostgres('postgres://somewhere')
  await given.close()
  expect(given.url).toBe('postgres://somewhere')
})
