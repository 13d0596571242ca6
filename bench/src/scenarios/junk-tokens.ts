import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missedClaims } from '../claims.ts'
import { interleave, ratioOf } from '../interleave.ts'
import { createBesideJunk, type Flooded } from '../junk/beside-junk.ts'
import { createJunk, junkKinds } from '../junk/create-junk.ts'
import { sender } from '../load/load.ts'
import { installPeers } from '../peers/install.ts'
import { peers, versionsOf } from '../peers/peers.ts'
import { startPeer } from '../peers/start-peer.ts'
import { untilQuiet } from '../quiet.ts'
import { startPair } from '../restricted/start-pair.ts'
import { bearer, makeTokens, writeValues } from '../restricted/write-tokens.ts'
import type { Needs, Result } from '../scenario.ts'
import { median } from '../statistics.ts'

export const about = 'What the protected route keeps of its throughput while 10,000 junk tokens a second are refused.'

const junkPerSecond = 10_000
/** The junk that has to be refused for a figure to count, as a share of what was to be sent. */
const leastJunk = 0.98
const connections = { valid: 32, junk: 8 } as const
const inStrideMs = 1_000

const names = ['ours', 'express', 'expressJwt', 'tutorial'] as const
type Name = (typeof names)[number]
const labels: Readonly<Record<Name, string>> = {
  ours: 'auth pair, as it ships',
  express: 'bare Express, which answers junk too',
  expressJwt: peers.expressJwt.label,
  tutorial: peers.tutorial.label,
}

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, atEnd } = needs
  const [rounds, seconds] = quick ? [2, 2] : [7, 4]
  installPeers(progress)
  progress('starting')
  const { signing, test } = await startPair(needs)
  const settings = { SECRET: signing.secret, ISSUER: signing.issuer, AUDIENCE: signing.audience }
  const servers: Record<Name, { pid: number; port: number }> = {
    ours: test,
    express: await startPeer(needs, peers.express.program, settings),
    expressJwt: await startPeer(needs, peers.expressJwt.program, settings),
    tutorial: await startPeer(needs, peers.tutorial.program, settings),
  }
  const dir = mkdtempSync(join(tmpdir(), 'bench-junk-'))
  atEnd(() => rmSync(dir, { recursive: true }))
  const valid = writeValues(join(dir, 'valid'), makeTokens(signing, 500).map(bearer))
  const junk = writeValues(join(dir, 'junk'), inTurn(Object.values(createJunk(signing))).map(bearer))

  const measured = Object.fromEntries(
    names.map(name => {
      const { pid, port } = servers[name]
      const url = `http://127.0.0.1:${port}/api/restricted`
      const turns = { header: 'Authorization', file: valid }
      const paced = {
        port,
        path: '/api/restricted',
        connections: connections.junk,
        perSecond: junkPerSecond,
        file: junk,
      }
      const load = { url, turns, connections: connections.valid, seconds }
      return [
        name,
        createBesideJunk({ pid, valid: load, junk: paced, refuses: name !== 'express', inStrideMs }),
      ] as const
    }),
  ) as Record<Name, ReturnType<typeof createBesideJunk>>
  const compared = await interleave({
    rounds,
    baseline: 'ours alone',
    progress,
    ready: () => untilQuiet({ forMs: 300, atMostMs: quick ? 0 : 3_000 }),
    variants: Object.fromEntries(
      names.flatMap(name => [
        [`${name} alone`, measured[name].alone],
        [`${name} beside junk`, measured[name].besideJunk],
      ]),
    ) as Record<`${Name} ${'alone' | 'beside junk'}`, () => Promise<number>>,
  })

  const results = names.map(name => {
    const [without, beside] = [compared[`${name} alone`], compared[`${name} beside junk`]]
    const medianOf = (of: (round: Flooded) => number) => median(measured[name].flooded.slice(-rounds).map(of))
    return {
      name,
      without: without.median,
      beside: beside.median,
      ratio: ratioOf(beside.figures, without.figures),
      junkPerSecond: medianOf(round => round.junkPerSecond),
      junkUs: medianOf(round => round.junkUs),
      validUs: median(measured[name].validUs.slice(-rounds)),
      senderShare: medianOf(round => round.senderShare),
    }
  })
  const ours = results.find(({ name }) => name === 'ours')
  const claimed = { validBesideJunk: ours?.ratio ?? Number.NaN }
  const achieved = ours?.junkPerSecond ?? 0
  return {
    notes: [
      `Valid: ${sender} and ${connections.valid} connections, 500 tokens in turn. Junk: a process of its own that sends ${junkPerSecond} requests a second at a constant rate over ${connections.junk} kept-alive connections, some of them before the last is answered; in turn ${junkKinds.join(', ')}, 500 of each. ${seconds} s a round behind ${inStrideMs / 1000} s of junk, ${rounds} rounds in turns after one to warm up. Where the server falls behind, less junk than that is sent: what was answered is in the table.`,
      'Everything is on the same cores: the sender of the junk takes the share of one that the table says, from whoever else wants it. A server of one thread that keeps 0.8 of its throughput beside 10,000 junk tokens a second has 20 µs for each of them, less than bare Express takes for a request that waits its turn on a connection of its own: the row of bare Express, which looks at no token, shows what is left when refusing costs nothing.',
      `The test-server runs as it ships, with its log to /dev/null; the peers as in the scenario restricted, with an answer of a few bytes and no line of log for what they refuse. Versions: ${versionsOf([peers.expressJwt, peers.tutorial]).join(', ')}.`,
    ],
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: [
          '',
          'valid a second',
          'beside junk',
          'ratio',
          'junk a second',
          'CPU µs a valid one',
          'CPU µs a junk one',
          'sender, of a core',
        ],
        rows: results.map(result => [
          labels[result.name],
          result.without.toFixed(0),
          result.beside.toFixed(0),
          result.ratio.toFixed(2),
          result.junkPerSecond.toFixed(0),
          result.validUs.toFixed(1),
          result.junkUs.toFixed(1),
          result.senderShare.toFixed(2),
        ]),
      },
    ],
    plot: {
      kind: 'bars',
      title: `Valid tokens beside ${junkPerSecond} junk tokens a second`,
      y: 'valid requests a second',
      groups: names.map(name => labels[name]),
      series: [
        { name: 'alone', values: results.map(({ without }) => Math.round(without)) },
        { name: 'beside junk', values: results.map(({ beside }) => Math.round(beside)) },
      ],
    },
    figures: { compared, measured, results },
    claimed,
    missed: [
      ...missedClaims(claimed),
      ...(achieved < junkPerSecond * leastJunk
        ? [`Only ${achieved.toFixed(0)} junk tokens a second were refused, of ${junkPerSecond}.`]
        : []),
    ],
  }
}

/** The first of each list, then the second of each. */
const inTurn = (lists: readonly (readonly string[])[]): string[] =>
  (lists[0] ?? []).flatMap((_, i) => lists.map(list => list[i] ?? ''))
