import { readFileSync } from 'node:fs'
import { wideLimits } from '@auth-pair/dev/wide-limits'
import { cpuTimeUs } from '../cpu-time.ts'
import { interleave } from '../interleave.ts'
import { type Load, sender, sendLoad } from '../load/load.ts'
import { createUser } from '../refresh/sign-in.ts'
import type { Needs, Result } from '../scenario.ts'
import { authSettings, type Listening, startListening } from '../sign-in/start-servers.ts'
import { median } from '../statistics.ts'

export const about = 'A refresh by GraphQL beside one by REST, and what GraphQL costs where it is turned off.'

const names = {
  rest: 'POST /api/refresh',
  off: 'the same, with GRAPHQL=off',
  turning: 'GraphQL, refreshTokens',
  fixed: 'GraphQL, refresh after login',
  checked: 'the same, in a document that is not remembered',
} as const
type Name = keyof typeof names
const all = Object.keys(names) as Name[]

const json = { 'Content-Type': 'application/json' }
const turning = JSON.stringify({ query: 'mutation { refreshTokens { accessToken refreshToken expiresIn } }' })
const fixed = JSON.stringify({ query: 'mutation { refresh }' })
// a string could be a password
const checked = JSON.stringify({ query: 'mutation { refresh } # ""' })

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, startRedis, startPostgres } = needs
  const [rounds, seconds] = quick ? [2, 1] : [9, 4]
  progress('starting')
  const [redis, postgres] = [await startRedis(), await startPostgres()]
  const start = async (GRAPHQL: string) => {
    const settings = { GRAPHQL, BCRYPT_COST: '4', ...wideLimits }
    const server = await startListening(needs, 'auth-server/src/main.ts', authSettings({ postgres, redis, settings }))
    return { ...server, memoryMb: memoryMb(server.pid) }
  }
  const [on, off] = [await start('on'), await start('off')]
  const users = { on: await createUser(on.url), off: await createUser(off.url, 'grace@example.com') }

  const cpuUs: Record<Name, number[]> = { rest: [], off: [], turning: [], fixed: [], checked: [] }
  const measure = async (name: Name, { pid, url }: Listening, path: string, load: Pick<Load, 'headers' | 'body'>) => {
    const before = cpuTimeUs(pid)
    const result = await sendLoad({ ...load, method: 'POST', url: `${url}${path}`, connections: 32, seconds })
    cpuUs[name].push((cpuTimeUs(pid) - before) / result.requests)
    return result.perSecond
  }
  const graphql = async (name: Name, headers: Record<string, string>, body: string) => {
    // errors of GraphQL are 200 as well: a server that refuses would be the fastest
    await ask(on.url, headers, body)
    return measure(name, on, '/graphql', { headers: { ...json, ...headers }, body })
  }
  const compared = await interleave<Name>({
    rounds,
    baseline: 'rest',
    progress,
    variants: {
      rest: async () => measure('rest', on, '/api/refresh', { headers: await users.on.bearer() }),
      off: async () => measure('off', off, '/api/refresh', { headers: await users.off.bearer() }),
      turning: async () => graphql('turning', await users.on.bearer(), turning),
      fixed: async () => graphql('fixed', await bearerOfLogin(on.url), fixed),
      checked: async () => graphql('checked', await bearerOfLogin(on.url), checked),
    },
  })

  const medianCpu = (name: Name) => median(cpuUs[name].slice(-rounds))
  return {
    notes: [
      `Both servers are processes of their own on the same private stores, as they ship; ${sender} and 32 connections, ${seconds} s a round, ${rounds} rounds in turns after one to warm up, on the same cores. Each presents one token over and over, which settles: Redis writes nothing. CPU time is that of the process, all threads together.`,
      `Resident memory once each server was ready: ${on.memoryMb} MB with GraphQL, ${off.memoryMb} MB with it turned off.`,
    ],
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: ['', 'requests a second', 'of REST', 'lowest and highest', 'CPU µs a request', 'more than REST'],
        rows: all.map(name => [
          names[name],
          compared[name].median.toFixed(0),
          compared[name].ratio.toFixed(2),
          `${compared[name].ratioLow.toFixed(2)} to ${compared[name].ratioHigh.toFixed(2)}`,
          medianCpu(name).toFixed(1),
          (medianCpu(name) - medianCpu('rest')).toFixed(1),
        ]),
      },
    ],
    plot: {
      kind: 'bars',
      title: 'A refresh by REST and by GraphQL',
      y: 'requests a second',
      groups: [''],
      series: all.map(name => ({ name: names[name], values: [Math.round(compared[name].median)] })),
    },
    figures: { compared, cpuUs, memoryMb: { on: on.memoryMb, off: off.memoryMb } },
  }
}

const memoryMb = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

const ask = async (url: string, headers: Record<string, string>, body: string): Promise<Record<string, unknown>> => {
  const res = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...json, ...headers }, body })
  const answer = (await res.json()) as { data?: Record<string, unknown>; errors?: unknown }
  if (answer.errors || !answer.data) throw new Error(`/graphql answers ${JSON.stringify(answer)}`)
  return answer.data
}

const bearerOfLogin = async (url: string): Promise<Record<string, string>> => {
  const query = 'mutation { login(email: "ada@example.com", password: "correct horse battery") { payload } }'
  const { login } = await ask(url, {}, JSON.stringify({ query }))
  const tokens = JSON.parse((login as { payload: string }).payload) as { refresh_token: string }
  return { Authorization: `Bearer ${tokens.refresh_token}` }
}
