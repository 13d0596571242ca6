import { setTimeout as wait } from 'node:timers/promises'
import type { Claimed } from '../claims.ts'
import { mainThreadTimeUs } from '../cpu-time.ts'
import { interleave } from '../interleave.ts'
import { type Load, sender, sendLoad } from '../load/load.ts'
import { untilQuiet } from '../quiet.ts'
import type { Needs, Result } from '../scenario.ts'
import { complaintsAbout, refusalsOf, refusedStatuses } from '../sign-in/refusals.ts'
import { type LoopResult, startClosedLoop } from '../sign-in/run-closed-loop.ts'
import { accounts, startFlooded } from '../sign-in/start-flooded.ts'
import { median } from '../statistics.ts'

export const about =
  'What refreshing and restricted routes keep of their throughput while 64 connections flood sign-in.'

const connections = { flood: 64, measured: 16 } as const
const inStrideMs = 2_000

const floods = {
  none: 'no flood',
  wrong: 'wrong passwords',
  limited: 'wrong passwords, limits as they ship',
  right: 'right passwords',
} as const
type Flood = keyof typeof floods

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress } = needs
  const [rounds, seconds] = quick ? [1, 3] : [5, 4]
  progress('starting')
  const { servers, refreshing, restricted } = await startFlooded(needs)

  const p99s: Record<string, number[]> = {}
  const answers: Record<string, LoopResult[]> = {}
  /** Throughput of the load while the server is flooded; the rest is put down under the name. */
  const measure =
    (name: string, flooded: keyof typeof servers, flood: Flood, load: Omit<Load, 'seconds' | 'connections'>) =>
    async (): Promise<number> => {
      const password = flood === 'right' ? accounts.password : 'not the password'
      const loop = { ...accounts, password, port: servers[flooded].port, connections: connections.flood }
      const running = flood === 'none' ? undefined : await startClosedLoop(loop, inStrideMs)
      const { perSecond, p99Ms } = await sendLoad({ ...load, connections: connections.measured, seconds })
      const result = await running?.stop()
      p99s[name] = [...(p99s[name] ?? []), p99Ms]
      if (result) answers[name] = [...(answers[name] ?? []), result]
      return perSecond
    }
  const refresh = (flood: Flood) => {
    const server = flood === 'limited' ? 'shipped' : 'wide'
    const load = { url: `${servers[server].url}/api/refresh`, method: 'POST', headers: refreshing[server] } as const
    return measure(`refresh ${flood}`, server, flood, load)
  }
  const onRestricted = (server: 'wide' | 'shipped' | 'plain', flood: Flood, name: string) =>
    measure(`restricted ${name}`, server, flood, { url: `${servers.test.url}/api/restricted`, headers: restricted })
  const plain = (flood: Flood) =>
    measure(`plain ${flood}`, 'plain', flood, { url: `${servers.plain.url}/api/refresh`, method: 'POST' })

  // what still waits for a thread would slow down what is measured next
  const ready = () => untilQuiet({ forMs: 1000, atMostMs: quick ? 5_000 : 15_000 })
  const common = { rounds, progress, ready, baseline: 'none' } as const
  const compared = {
    refresh: await interleave({
      ...common,
      variants: {
        none: refresh('none'),
        wrong: refresh('wrong'),
        limited: refresh('limited'),
        right: refresh('right'),
      },
    }),
    plain: await interleave({ ...common, variants: { none: plain('none'), wrong: plain('wrong') } }),
    restricted: await interleave({
      ...common,
      variants: {
        none: onRestricted('wide', 'none', 'none'),
        wrong: onRestricted('wide', 'wrong', 'wrong'),
        limited: onRestricted('shipped', 'limited', 'limited'),
        right: onRestricted('wide', 'right', 'right'),
        plain: onRestricted('plain', 'wrong', 'plain'),
      },
    }),
  }
  progress('what a refusal costs')
  await ready()
  const refusalUs = {
    busy: await costOfRefusal(servers.wide, seconds),
    limited: await costOfRefusal(servers.shipped, seconds),
  }

  const rows = [
    ...(['none', 'wrong', 'limited', 'right'] as const).map(flood => ({
      what: `/api/refresh, ${floods[flood]}`,
      name: `refresh ${flood}`,
      idle: 'refresh none',
      figures: compared.refresh[flood],
      judged: flood !== 'none',
    })),
    ...(['none', 'wrong'] as const).map(flood => ({
      what: `plain server, one Redis GET, ${floods[flood]}`,
      name: `plain ${flood}`,
      idle: 'plain none',
      figures: compared.plain[flood],
      judged: false,
    })),
    ...(['none', 'wrong', 'limited', 'right', 'plain'] as const).map(flood => ({
      what: `/api/restricted, ${flood === 'plain' ? 'the plain server is flooded' : floods[flood]}`,
      name: `restricted ${flood}`,
      idle: 'restricted none',
      figures: compared.restricted[flood],
      judged: flood !== 'none' && flood !== 'plain',
    })),
  ].map(row => {
    const p99 = (name: string) => p99s[name]?.slice(-rounds) ?? []
    const idle = p99(row.idle)
    const ratios = p99(row.name).map((ms, round) => ms / (idle[round] ?? Number.NaN))
    const loops = answers[row.name]?.slice(-rounds) ?? []
    return { ...row, p99Ms: median(p99(row.name)), p99Ratio: median(ratios), refusals: refusalsOf(loops) }
  })
  return {
    notes: notes(rounds, seconds, refusalUs),
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: [
          '',
          'a second',
          'of idle',
          'lowest and highest',
          'p99 ms',
          'of idle',
          'sign-ins a second',
          'refused a second',
          'refused, p99 ms',
        ],
        rows: rows.map(({ what, figures, p99Ms, p99Ratio, refusals }) => [
          what,
          figures.median.toFixed(0),
          figures.ratio.toFixed(2),
          `${figures.ratioLow.toFixed(2)} to ${figures.ratioHigh.toFixed(2)}`,
          p99Ms.toFixed(1),
          p99Ratio.toFixed(1),
          refusals ? refusals.checkedPerS.toFixed(1) : '',
          refusals ? refusals.perS.toFixed(0) : '',
          refusals && refusals.perS > 0 ? refusals.p99Ms.toFixed(0) : '',
        ]),
      },
    ],
    plot: {
      kind: 'bars',
      title: 'Throughput while 64 connections flood sign-in',
      y: 'share of the idle throughput',
      groups: ['/api/refresh (plain: one Redis GET)', '/api/restricted'],
      series: [
        ...(['wrong', 'limited', 'right'] as const).map(flood => ({
          name: floods[flood],
          values: [round2(compared.refresh[flood].ratio), round2(compared.restricted[flood].ratio)],
        })),
        {
          name: 'plain server, wrong passwords',
          values: [round2(compared.plain.wrong.ratio), round2(compared.restricted.plain.ratio)],
        },
      ],
    },
    figures: { compared, p99s, rows, refusalUs },
    claimed: worstOf(rows.filter(({ judged, what }) => judged && what.startsWith('/api/refresh'))),
    missed: rows.filter(({ judged }) => judged).flatMap(complaintsAbout),
  }
}

const worstOf = (rows: readonly { figures: { ratio: number }; p99Ratio: number }[]): Claimed => ({
  floodThroughput: Math.min(...rows.map(({ figures }) => figures.ratio)),
  floodP99: Math.max(...rows.map(({ p99Ratio }) => p99Ratio)),
})

const round2 = (figure: number): number => Math.round(figure * 100) / 100

/** CPU time of the event loop for one refused sign-in, in microseconds, when there is nothing else to do. */
const costOfRefusal = async (server: { port: number; pid: number }, seconds: number): Promise<number> => {
  const loop = { ...accounts, password: 'not the password', port: server.port, connections: connections.flood }
  const { stop } = await startClosedLoop(loop, inStrideMs)
  const before = mainThreadTimeUs(server.pid)
  await wait(seconds * 1000)
  const took = mainThreadTimeUs(server.pid) - before
  const { counts } = await stop()
  return took / refusedStatuses.reduce((sum, status) => sum + (counts[status] ?? 0), 0)
}

const notes = (rounds: number, seconds: number, refusalUs: { busy: number; limited: number }): string[] => [
  `bcrypt of the preset cost 12. The flood: a process of its own with ${connections.flood} connections, each of which sends a sign-in, for one of ${accounts.accounts} accounts in turn, as soon as the last is answered. What is measured: ${sender} and ${connections.measured} connections, ${seconds} s a round behind ${inStrideMs / 1000} s of flood, ${rounds} rounds in turns after one to warm up, each after a second in which the machine was quiet. \`/api/restricted\` is that of a test-server that follows the auth-server's revocations.`,
  'Everything is on the same two cores at the same priority, but for the hashing threads: what the flooding process and that which measures take is taken from the servers, too. Where an attacker brings a machine along, the servers keep more than this.',
  'Limits: wide enough never to be reached, and in one kind of flood those that ship, which soon answer its one address 429. The plain server is Express with `await bcrypt.compare()` in its sign-in, and one Redis GET in its refresh.',
  `A refusal takes ${refusalUs.busy.toFixed(0)} µs of the event loop's CPU time when it is 503 \`busy\`, and ${refusalUs.limited.toFixed(0)} µs when it is 429.`,
]
