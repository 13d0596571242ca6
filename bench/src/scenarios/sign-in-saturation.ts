import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { wideLimits } from '@auth-pair/dev/wide-limits'
import { interleave } from '../interleave.ts'
import { untilQuiet } from '../quiet.ts'
import type { Needs, Result } from '../scenario.ts'
import { insertAccounts, storedHash } from '../sign-in/accounts.ts'
import { startClosedLoop } from '../sign-in/run-closed-loop.ts'
import { authSettings, startListening, startMigrated } from '../sign-in/start-servers.ts'

export const about = 'Sign-ins a second at saturation, against what bcrypt alone does on the same cores.'

const least = 0.95
const cost = 11
/** Two are hashed, the others wait: at this cost for less than the two seconds after which they would be refused. */
const connections = 16
const accounts = 5_000
const password = 'correct horse battery'
const inStrideMs = 2_000

const runFile = promisify(execFile)

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, startRedis } = needs
  const [rounds, seconds] = quick ? [2, 4] : [5, 8]
  const [redis, postgres] = [await startRedis(), await startMigrated(needs)]
  progress('making accounts')
  const passwordHash = await storedHash(password, cost)
  await insertAccounts({ databaseUrl: postgres.url, name: 'user', count: accounts, passwordHash })
  const settings = { ...wideLimits, BCRYPT_COST: String(cost) }
  const server = await startListening(needs, 'auth-server/src/main.ts', authSettings({ postgres, redis, settings }))

  const raw = async (): Promise<number> => {
    const program = join(import.meta.dirname, '..', 'sign-in', 'raw-bcrypt.ts')
    const { stdout } = await runFile(process.execPath, [program, String(cost), String(seconds * 1000)])
    return Number(stdout)
  }
  const answers: Record<string, number> = {}
  const p99Ms: number[] = []
  const signIns = async (): Promise<number> => {
    const loop = { port: server.port, connections, name: 'user', accounts, password }
    const { stop } = await startClosedLoop(loop, inStrideMs)
    await wait(seconds * 1000)
    const { counts, perSecond, p99Ms: p99 } = await stop()
    for (const [status, count] of Object.entries(counts)) answers[status] = (answers[status] ?? 0) + count
    p99Ms.push(p99('200'))
    return perSecond('200')
  }
  // what still waits for a thread would slow down what is measured next
  const ready = () => untilQuiet({ forMs: 1000, atMostMs: quick ? 5_000 : 15_000 })
  const compared = await interleave({ rounds, baseline: 'raw', progress, ready, variants: { raw, signIns } })

  const all = Object.values(answers).reduce((sum, count) => sum + count, 0)
  const share = (answers['200'] ?? 0) / all
  const row = (what: string, name: keyof typeof compared) => [
    what,
    compared[name].median.toFixed(2),
    compared[name].ratio.toFixed(3),
    `${compared[name].ratioLow.toFixed(3)} to ${compared[name].ratioHigh.toFixed(3)}`,
  ]
  return {
    notes: [
      `bcrypt of cost ${cost}, half of the preset's work, so that whatever is not bcrypt weighs twice as much. Alone it runs in as many threads as there are cores, with \`hashSync\` in a loop and at the lowest priority, as in the auth-server; no HTTP, no store.`,
      `Sign-ins with the right password, of ${accounts} accounts in turn, over ${connections} connections without a pause: each opens a session, with all limits at work and wide enough not to be reached. ${seconds} s a round behind ${inStrideMs / 1000} s to get into stride, ${rounds} rounds in turns after one to warm up, each after a second in which the machine was quiet. Server, PostgreSQL, Redis and the process that sends are on the same cores as the hashing threads, and go first.`,
      `Answers: ${Object.entries(answers)
        .map(([status, count]) => `${count} times ${status}`)
        .join(', ')}.`,
    ],
    tables: [
      {
        title: 'A second, medians',
        head: ['', 'a second', 'ratio', 'lowest and highest round'],
        rows: [row('bcrypt alone', 'raw'), row('POST /api/signin', 'signIns')],
      },
    ],
    plot: {
      kind: 'lines',
      title: `Sign-ins at saturation, bcrypt of cost ${cost}`,
      x: 'round',
      y: 'a second',
      series: (['raw', 'signIns'] as const).map(name => ({
        name: name === 'raw' ? 'bcrypt alone' : 'POST /api/signin',
        points: compared[name].figures.map((figure, i) => [i + 1, figure] as const),
      })),
    },
    figures: { cost, connections, compared, answers, p99Ms },
    claimed: { signInOfBcrypt: compared.signIns.ratio },
    missed: [
      compared.signIns.ratio < least && `${compared.signIns.ratio.toFixed(3)} of the rate of bcrypt, below ${least}.`,
      share < 0.95 && `Only ${(share * 100).toFixed(0)} % of the answers were 200.`,
    ].filter(complaint => complaint !== false),
  }
}
