import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuTimeUs } from '../cpu-time.ts'
import { interleave } from '../interleave.ts'
import { sender, sendLoad } from '../load/load.ts'
import { untilQuiet } from '../quiet.ts'
import { startPair } from '../restricted/start-pair.ts'
import { bearer, makeTokens, writeValues } from '../restricted/write-tokens.ts'
import type { Needs, Result } from '../scenario.ts'
import { type Listening, startListening } from '../sign-in/start-servers.ts'
import { median } from '../statistics.ts'
import { labels, type Part, parts } from '../what-ships/parts.ts'

export const about = 'What each part of the protected route as it ships costs, switched on one after the other.'

const [tokens, connections] = [500, 32]

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, atEnd } = needs
  const [rounds, seconds] = quick ? [2, 1] : [7, 4]
  progress('starting')
  const { signing, auth, test } = await startPair(needs)
  const { secret, issuer, audience } = signing
  const dir = mkdtempSync(join(tmpdir(), 'bench-what-ships-'))
  atEnd(() => rmSync(dir, { recursive: true }))
  const file = writeValues(join(dir, 'tokens'), makeTokens(signing, tokens).map(bearer))

  const start = (part: Part): Promise<Listening> =>
    part === 'shell'
      ? startListening(needs, 'test-server/src/main.ts', port => ({ TEST_PORT: port, JWT_ACCESS_SECRET: secret }))
      : startListening(needs, 'bench/src/what-ships/server.ts', port => ({
          ...{ SECRET: secret, ISSUER: issuer, AUDIENCE: audience },
          PORT: port,
          UP_TO: part,
        }))
  const servers = new Map<Part, Listening>([['feed', test]])
  for (const part of parts) if (!servers.has(part)) servers.set(part, await start(part))

  const cpuUs = Object.fromEntries(parts.map(part => [part, []])) as unknown as Record<Part, number[]>
  const measure = (part: Part) => async (): Promise<number> => {
    const { pid, url } = servers.get(part) ?? auth
    const before = cpuTimeUs(pid)
    const turns = { header: 'Authorization', file }
    const result = await sendLoad({ url: `${url}/api/restricted`, turns, connections, seconds })
    cpuUs[part].push((cpuTimeUs(pid) - before) / result.requests)
    return result.perSecond
  }
  const compared = await interleave<Part>({
    rounds,
    baseline: 'bare',
    progress,
    ready: () => untilQuiet({ forMs: 300, atMostMs: quick ? 0 : 3_000 }),
    variants: Object.fromEntries(parts.map(part => [part, measure(part)])) as Record<Part, () => Promise<number>>,
  })

  const counted = (part: Part) => cpuUs[part].slice(-rounds)
  /** What a part adds to those before it, in the same round. */
  const costUs = (part: Part, i: number): number => {
    const before = counted(parts[i - 1] ?? part)
    return median(counted(part).map((us, round) => us - (before[round] ?? Number.NaN)))
  }
  return {
    notes: [
      `Each row has everything of those above it. Every server is a process of its own, the others idle; ${sender} and ${connections} connections, ${tokens} valid tokens in turn, ${seconds} s a round, ${rounds} rounds in turns after one to warm up. CPU time is that of the server's process, all threads together; what a part costs is the difference to the row above in the same round.`,
      "The first rows are Express with the packages' own parts; the last two are the test-server itself, without and with the feed of a live auth-server. The HTTP server with limits also makes the messages that Express would have to change one by one, and so gives time back. The rest: exact routing, the checks of Host and of cross-site requests. The log is written to /dev/null.",
    ],
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: [
          '',
          'requests a second',
          'of bare Express',
          'lowest and highest',
          'CPU µs a request',
          'costs, µs',
          'bare / this, CPU',
        ],
        rows: parts.map((part, i) => [
          labels[part],
          compared[part].median.toFixed(0),
          compared[part].ratio.toFixed(2),
          `${compared[part].ratioLow.toFixed(2)} to ${compared[part].ratioHigh.toFixed(2)}`,
          median(counted(part)).toFixed(1),
          i === 0 ? '' : costUs(part, i).toFixed(1),
          (median(counted('bare')) / median(counted(part))).toFixed(2),
        ]),
      },
    ],
    plot: {
      kind: 'ranking',
      title: 'The protected route, part by part',
      x: "µs of the server's CPU time a request",
      rows: parts.map(part => ({
        name: labels[part],
        value: Math.round(median(counted(part)) * 10) / 10,
        isOurs: part === 'feed',
      })),
    },
    figures: { compared, cpuUs },
  }
}
