import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuTimeUs } from '../cpu-time.ts'
import { interleave } from '../interleave.ts'
import { type Load, sender, sendLoad } from '../load/load.ts'
import { openManySessions } from '../refresh/many-sessions.ts'
import { createUser } from '../refresh/sign-in.ts'
import { type Listening, startBoth } from '../refresh/start-both.ts'
import type { Needs, Result } from '../scenario.ts'
import { median } from '../statistics.ts'

export const about =
  'The throughput of POST /api/refresh as it ships, against an Express route that makes one Redis GET.'

const least = 0.7
const names = {
  get: 'Express, one Redis GET',
  bearer: 'refresh, token in the Authorization header',
  cookie: 'refresh, token in the cookie',
  turning: 'refresh, each time another session, whose token turns',
} as const
type Name = keyof typeof names
const all = Object.keys(names) as Name[]

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, atEnd } = needs
  const [rounds, seconds, count] = quick ? [2, 2, 20_000] : [9, 5, 150_000]
  const { get, auth, redisUrl, secret } = await startBoth(needs)
  const dir = mkdtempSync(join(tmpdir(), 'bench-refresh-'))
  atEnd(() => rmSync(dir, { recursive: true }))
  const turns = { header: 'Authorization', file: join(dir, 'tokens') }
  progress('opening sessions')
  await openManySessions({ redisUrl, secret, count, file: turns.file })
  const user = await createUser(auth.url)

  const cpuUs: Record<Name, number[]> = { get: [], bearer: [], cookie: [], turning: [] }
  const p99Ms: Record<Name, number[]> = { get: [], bearer: [], cookie: [], turning: [] }
  const measure = async (name: Name, { pid, url }: Listening, load: Pick<Load, 'method' | 'headers' | 'turns'>) => {
    const before = cpuTimeUs(pid)
    const path = name === 'get' ? '/' : '/api/refresh'
    const result = await sendLoad({ ...load, url: `${url}${path}`, connections: 32, seconds })
    cpuUs[name].push((cpuTimeUs(pid) - before) / result.requests)
    p99Ms[name].push(result.p99Ms)
    return result.perSecond
  }
  const compared = await interleave({
    rounds,
    baseline: 'get',
    progress,
    variants: {
      get: () => measure('get', get, {}),
      // a session that has just been opened turns once, and settles for as long as it is measured
      bearer: async () => measure('bearer', auth, { method: 'POST', headers: await user.bearer() }),
      cookie: async () => measure('cookie', auth, { method: 'POST', headers: await user.cookie() }),
      turning: () => measure('turning', auth, { method: 'POST', turns }),
    },
  })

  // without the rounds that warm up
  const medianOf = (figures: Record<Name, number[]>, name: Name) => median(figures[name].slice(-rounds))
  return {
    notes: [
      `Both servers are processes of their own with the same Node and the same redis-server; ${sender} and 32 connections, ${seconds} s a round, ${rounds} rounds in turns after one to warm up, all of it on the same cores. The auth-server runs as it ships, with \`LOG_LEVEL\` info and its log written to /dev/null; the route that it is compared with is Express 5 with \`x-powered-by\` and \`etag\` off and ioredis without any option, and is sent GET. CPU time is that of the server's process, all threads together: on a machine that has other work it says more than the throughput.`,
      'A token that is presented over and over settles: it is answered with the same successor, and Redis writes nothing. In the last row each request presents the token of another session, and turns it.',
    ],
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: ['', 'requests a second', 'of the GET', 'lowest and highest', 'CPU µs a request', 'GET / this', 'p99 ms'],
        rows: all.map(name => [
          names[name],
          compared[name].median.toFixed(0),
          compared[name].ratio.toFixed(2),
          `${compared[name].ratioLow.toFixed(2)} to ${compared[name].ratioHigh.toFixed(2)}`,
          medianOf(cpuUs, name).toFixed(1),
          (medianOf(cpuUs, 'get') / medianOf(cpuUs, name)).toFixed(2),
          medianOf(p99Ms, name).toFixed(1),
        ]),
      },
    ],
    plot: {
      kind: 'bars',
      title: 'POST /api/refresh against an Express route with one Redis GET',
      y: 'requests a second',
      groups: [''],
      series: all.map(name => ({ name: names[name], values: [Math.round(compared[name].median)] })),
    },
    figures: { compared, cpuUs, p99Ms },
    claimed: { refreshOfGet: Math.min(compared.bearer.ratio, compared.cookie.ratio) },
    missed: (['bearer', 'cookie'] as const)
      .filter(name => compared[name].ratio < least)
      .map(name => `${names[name]}: ${compared[name].ratio.toFixed(2)} of the GET, below ${least}.`),
  }
}
