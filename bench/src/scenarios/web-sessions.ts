import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missedClaims } from '../claims.ts'
import { cpuTimeUs } from '../cpu-time.ts'
import { interleave, ratioOf } from '../interleave.ts'
import { sender, sendLoad } from '../load/load.ts'
import { untilQuiet } from '../quiet.ts'
import { checkAnswer } from '../restricted/check-answer.ts'
import { makeTokens, writeValues } from '../restricted/write-tokens.ts'
import type { Needs, Result } from '../scenario.ts'
import { startListening } from '../sign-in/start-servers.ts'
import { median } from '../statistics.ts'
import { openPlainSessions, openSessions } from '../web-sessions/open-sessions.ts'

export const about = 'A page view with a browser session, beside one with express-session and connect-redis alone.'

const labels = { plain: 'express-session, connect-redis', ours: '@auth-pair/web-app' } as const
type Name = keyof typeof labels
const names = Object.keys(labels) as Name[]

const [sessions, connections] = [500, 32]

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, atEnd, startRedis } = needs
  const [rounds, seconds] = quick ? [2, 1] : [9, 4]
  progress('starting')
  const redis = await startRedis()
  const signing = { secret: randomBytes(48).toString('base64'), issuer: 'http://localhost:3000', audience: 'auth-pair' }
  const sessionSecret = randomBytes(48).toString('base64')
  const settings = { REDIS_URL: redis.url, SESSION_SECRET: sessionSecret, NODE_ENV: 'production' }
  const start = (name: Name) =>
    startListening(needs, `bench/src/web-sessions/${name}.ts`, port => ({
      ...{ ...settings, PORT: port },
      ...{ SECRET: signing.secret, ISSUER: signing.issuer, AUDIENCE: signing.audience },
    }))
  const servers = { plain: await start('plain'), ours: await start('ours') }
  const dir = mkdtempSync(join(tmpdir(), 'bench-web-sessions-'))
  atEnd(() => rmSync(dir, { recursive: true }))
  const cookies: Record<Name, string[]> = {
    plain: await openPlainSessions(servers.plain.url, sessions),
    ours: await openSessions({
      ...{ url: servers.ours.url, redisUrl: redis.url, sessionSecret },
      tokens: makeTokens(signing, sessions),
    }),
  }
  const loads = Object.fromEntries(
    names.map(name => [
      name,
      {
        url: `${servers[name].url}/api/restricted`,
        turns: { header: 'Cookie', file: writeValues(join(dir, name), cookies[name]) },
      },
    ]),
  ) as Record<Name, { url: string; turns: { header: string; file: string } }>
  for (const name of names) await checkAnswer(loads[name], true)

  const cpuUs: Record<Name, number[]> = { plain: [], ours: [] }
  const p99Ms: Record<Name, number[]> = { plain: [], ours: [] }
  const measure = (name: Name) => async () => {
    const { pid } = servers[name]
    const before = cpuTimeUs(pid)
    const result = await sendLoad({ ...loads[name], connections, seconds })
    cpuUs[name].push((cpuTimeUs(pid) - before) / result.requests)
    p99Ms[name].push(result.p99Ms)
    return result.perSecond
  }
  const compared = await interleave<Name>({
    rounds,
    baseline: 'plain',
    progress,
    ready: () => untilQuiet({ forMs: 300, atMostMs: quick ? 0 : 3_000 }),
    variants: { plain: measure('plain'), ours: measure('ours') },
  })
  // without the round that warms up
  const medianOf = (figures: Record<Name, number[]>, name: Name) => median(figures[name].slice(-rounds))
  const claimed = { webSessionOfPlain: ratioOf(compared.plain.figures, compared.ours.figures) }
  return {
    notes: [
      `Both servers are processes of their own with the same Node, the same Express, ioredis, express-session and connect-redis, on the same private Redis; ${sender} and ${connections} connections, ${seconds} s a round, ${rounds} rounds in turns after one to warm up, on the same cores. ${sessions} sessions are presented in turn. Both answer the same body, and make the same commands in Redis: one GET, one EXPIRE.`,
      'What is above the one is: the deadline of each command, a larger value in Redis (two tokens), the check of where a write comes from, and the verification of the access token, which is remembered.',
    ],
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: ['', 'requests a second', 'of the plain one', 'CPU µs a request', 'p99 ms', 'plain / this'],
        rows: names.map(name => [
          labels[name],
          compared[name].median.toFixed(0),
          compared[name].ratio.toFixed(2),
          medianOf(cpuUs, name).toFixed(1),
          medianOf(p99Ms, name).toFixed(1),
          ratioOf(compared.plain.figures, compared[name].figures).toFixed(2),
        ]),
      },
    ],
    plot: {
      kind: 'bars',
      title: 'A page view with a browser session',
      y: 'requests a second',
      groups: [''],
      series: names.map(name => ({ name: labels[name], values: [Math.round(compared[name].median)] })),
    },
    figures: { compared, cpuUs, p99Ms },
    claimed,
    missed: missedClaims(claimed),
  }
}
