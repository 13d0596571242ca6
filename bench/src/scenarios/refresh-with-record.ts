import { randomBytes } from 'node:crypto'
import { applyMigrations } from '@auth-pair/auth-server/migrate'
import { freePort } from '@auth-pair/dev/free-port'
import { wideLimits } from '@auth-pair/dev/wide-limits'
import { createLog } from '@auth-pair/service'
import pg from 'pg'
import { cpuTimeUs } from '../cpu-time.ts'
import { interleave } from '../interleave.ts'
import { sender, sendLoad } from '../load/load.ts'
import { createUser } from '../refresh/sign-in.ts'
import type { Needs, Result } from '../scenario.ts'
import { startServer } from '../server-process.ts'
import { median } from '../statistics.ts'

export const about = 'What 100,000 entries of users in the record of revocations cost POST /api/refresh.'

const least = 0.95

/** A million users, and an entry of every tenth of them, or of as few as a quick run wants. */
const fill = async (url: string, users: number): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    `insert into users (id, email, email_key, password_hash)
     select gen_random_uuid(), 'user' || i || '@example.org', 'user' || i || '@example.org', 'none' from generate_series(1, $1) i`,
    [users],
  )
  await client.query(
    `insert into revocations (user_id, before_epoch, reason, matters_until)
     select id, 1800000000, 'signed-out-everywhere', now() + interval '30 days' from users limit $1`,
    [users / 10],
  )
  await client.end()
}

export const run = async ({ quick, progress, startRedis, startPostgres, atEnd }: Needs): Promise<Result> => {
  const [rounds, seconds, users] = quick ? [2, 2, 100_000] : [15, 4, 1_000_000]
  const start = async (entries: boolean) => {
    const [redis, postgres] = [await startRedis(), await startPostgres()]
    await applyMigrations(postgres.url, createLog({ name: 'bench', level: 'warn' }))
    progress(entries ? 'filling the database' : 'starting')
    if (entries) await fill(postgres.url, users)
    const port = await freePort()
    const server = startServer('auth-server/src/main.ts', {
      AUTH_PORT: String(port),
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
      REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
      COOKIE_SECURE: 'false',
      BCRYPT_COST: '4',
      ...wideLimits,
    })
    const { pid, ready, stop } = await server
    atEnd(stop)
    const url = `http://127.0.0.1:${port}`
    await ready(url)
    return { pid, url, user: await createUser(url) }
  }
  const servers = { none: await start(false), many: await start(true) }

  const cpuUs: Record<keyof typeof servers, number[]> = { none: [], many: [] }
  const measure = (name: keyof typeof servers) => async () => {
    const { pid, url, user } = servers[name]
    const headers = await user.bearer()
    const before = cpuTimeUs(pid)
    const result = await sendLoad({ url: `${url}/api/refresh`, method: 'POST', headers, connections: 32, seconds })
    cpuUs[name].push((cpuTimeUs(pid) - before) / result.requests)
    return result.perSecond
  }
  const variants = { none: measure('none'), many: measure('many') }
  const compared = await interleave({ rounds, baseline: 'none', progress, variants })
  const cpu = { none: median(cpuUs.none.slice(-rounds)), many: median(cpuUs.many.slice(-rounds)) }
  const row = (what: string, name: keyof typeof servers) => [
    what,
    compared[name].median.toFixed(0),
    compared[name].ratio.toFixed(3),
    `${compared[name].ratioLow.toFixed(2)} to ${compared[name].ratioHigh.toFixed(2)}`,
    cpu[name].toFixed(1),
  ]
  return {
    notes: [
      `Two auth-servers as they ship, each with a PostgreSQL and a Redis of its own: one with an empty record, the other with ${users} users and ${users / 10} entries of users that still matter, all of them in memory. ${sender} and 32 connections, ${seconds} s a round, ${rounds} rounds in turns after one to warm up.`,
    ],
    tables: [
      {
        title: 'POST /api/refresh, medians',
        head: ['', 'requests a second', 'ratio', 'lowest and highest', 'CPU µs a request'],
        rows: [row('an empty record', 'none'), row(`${users / 10} entries`, 'many')],
      },
    ],
    plot: {
      kind: 'bars',
      title: 'POST /api/refresh with a record of revocations',
      y: 'requests a second',
      groups: [''],
      series: [
        { name: 'an empty record', values: [Math.round(compared.none.median)] },
        { name: `${users / 10} entries`, values: [Math.round(compared.many.median)] },
      ],
    },
    figures: { users, compared, cpuUs },
    missed: compared.many.ratio < least ? [`${compared.many.ratio.toFixed(3)} of the throughput, below ${least}`] : [],
  }
}
