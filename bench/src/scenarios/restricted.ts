import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missedClaims } from '../claims.ts'
import { cpuTimeUs } from '../cpu-time.ts'
import { interleave, ratioOf } from '../interleave.ts'
import { type Load, sender, sendLoad } from '../load/load.ts'
import { installPeers } from '../peers/install.ts'
import { type PeerKind, type PeerName, peers, versionsOf } from '../peers/peers.ts'
import { type Peer, startPeer } from '../peers/start-peer.ts'
import { untilQuiet } from '../quiet.ts'
import { checkAnswer } from '../restricted/check-answer.ts'
import { type Pair, startPair } from '../restricted/start-pair.ts'
import { bearer, makeTokens, writeValues } from '../restricted/write-tokens.ts'
import type { Needs, Result } from '../scenario.ts'
import { median } from '../statistics.ts'

export const about = 'The protected route as it ships, beside what else one would protect a route of Express with.'

/** More than a verifier remembers: each comes again only when it has been forgotten. */
const newTokens = 30_000
const [tokens, sessions, connections] = [500, 50, 32]

const peerNames = Object.keys(peers) as PeerName[]
const names = ['ours', 'oursNew', ...peerNames] as const
type Name = (typeof names)[number]

const labels: Readonly<Record<Name, string>> = {
  ours: 'auth pair, as it ships',
  oursNew: 'auth pair, every token new to it',
  ...(Object.fromEntries(peerNames.map(name => [name, peers[name].label])) as Record<PeerName, string>),
}

type Target = { readonly pid: number } & Pick<Load, 'url' | 'turns'>

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, atEnd } = needs
  const [rounds, seconds] = quick ? [2, 1] : [7, 4]
  installPeers(progress)
  progress('starting')
  const pair = await startPair(needs)
  const dir = mkdtempSync(join(tmpdir(), 'bench-restricted-'))
  atEnd(() => rmSync(dir, { recursive: true }))
  const targets = await startAll(needs, pair, dir)

  const figures = () => Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, number[]>
  const [cpuUs, p99Ms] = [figures(), figures()]
  const measure = (name: Name) => async () => {
    const { pid, ...load } = targets[name]
    const before = cpuTimeUs(pid)
    const result = await sendLoad({ ...load, connections, seconds })
    cpuUs[name].push((cpuTimeUs(pid) - before) / result.requests)
    p99Ms[name].push(result.p99Ms)
    return result.perSecond
  }
  const compared = await interleave<Name>({
    rounds,
    baseline: 'express',
    progress,
    ready: () => untilQuiet({ forMs: 300, atMostMs: quick ? 0 : 3_000 }),
    variants: Object.fromEntries(names.map(name => [name, measure(name)])) as Record<Name, () => Promise<number>>,
  })

  // without the round that warms up
  const medianOf = (figures: Record<Name, number[]>, name: Name) => median(figures[name].slice(-rounds))
  const oursTo = (name: Name) => ratioOf(compared.ours.figures, compared[name].figures)
  const claimed = {
    restrictedOfExpress: compared.ours.ratio,
    restrictedOfOauth2: oursTo('oauth2'),
    restrictedOfPassport: oursTo('passport'),
  }
  const versions = versionsOf(Object.values(peers))
  const byThroughput = [...names].sort((a, b) => compared[b].median - compared[a].median)
  const ranking = byThroughput.map(name => ({
    name: labels[name],
    value: Math.round(compared[name].median),
    isOurs: name === 'ours' || name === 'oursNew',
  }))
  return {
    notes: [...notes({ rounds, seconds }), `Versions: ${versions.join(', ')}.`],
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: [
          '',
          'requests a second',
          'of bare Express',
          'lowest and highest',
          'CPU µs a request',
          'bare Express / this',
          'p99 ms',
          'ours / this',
        ],
        rows: byThroughput.map(name => [
          labels[name],
          compared[name].median.toFixed(0),
          compared[name].ratio.toFixed(2),
          `${compared[name].ratioLow.toFixed(2)} to ${compared[name].ratioHigh.toFixed(2)}`,
          medianOf(cpuUs, name).toFixed(1),
          (medianOf(cpuUs, 'express') / medianOf(cpuUs, name)).toFixed(2),
          medianOf(p99Ms, name).toFixed(1),
          oursTo(name).toFixed(2),
        ]),
      },
    ],
    plot: {
      kind: 'ranking',
      title: 'A protected route: requests a second',
      x: 'requests a second, one process',
      rows: ranking,
    },
    figures: { ranking, versions, compared, cpuUs, p99Ms },
    claimed,
    missed: missedClaims(claimed),
  }
}

const startAll = async (needs: Needs, { signing, test, stores }: Pair, dir: string): Promise<Record<Name, Target>> => {
  const turns = (header: string, name: string, values: readonly string[]) => ({
    turns: { header, file: writeValues(join(dir, name), values) },
  })
  const some = turns('Authorization', 'tokens', makeTokens(signing, tokens).map(bearer))
  const many = turns('Authorization', 'new-tokens', makeTokens(signing, newTokens).map(bearer))
  const settings = {
    ...{ SECRET: signing.secret, ISSUER: signing.issuer, AUDIENCE: signing.audience },
    ...{ REDIS_URL: stores.redis.url, DATABASE_URL: stores.postgres.url, SESSIONS: String(sessions) },
  }
  const start = async (name: PeerName): Promise<[PeerName, Target]> => {
    const kind: PeerKind = peers[name]
    // Better Auth has tables of its own, under names of its own
    const { pid, url, cookies }: Peer = await startPeer(needs, kind.program, { ...settings, ...kind.settings })
    // what asks for no token is sent one all the same: the bytes of a request are the same for all
    const credential = kind.credential === 'cookie' ? turns('Cookie', `cookies-${name}`, cookies) : some
    const target = { pid, url, ...credential }
    await checkAnswer(target, kind.credential !== 'none')
    return [name, target]
  }
  const started: [PeerName, Target][] = []
  for (const name of peerNames) started.push(await start(name))
  const ours = { pid: test.pid, url: `${test.url}/api/restricted` }
  await checkAnswer({ ...ours, ...some }, true)
  return {
    ours: { ...ours, ...some },
    oursNew: { ...ours, ...many },
    ...(Object.fromEntries(started) as Record<PeerName, Target>),
  }
}

const notes = ({ rounds, seconds }: { rounds: number; seconds: number }): string[] => [
  `Every server is a process of its own with the same Node, and the others are idle while it is measured: ${sender} and ${connections} connections, ${seconds} s a round, ${rounds} rounds in turns after one to warm up, on the same cores. CPU time is that of the server's process, all threads together, and does not count what the stores take.`,
  `The test-server runs as it ships: request id, security headers, a line of log for each request (written to /dev/null), and the revocation feed of a live auth-server, which was seen to work before. ${tokens} valid tokens of as many users are sent in turn; in the row where every token is new, ${newTokens}, so that each has been forgotten when it comes again.`,
  `The peers answer the same body and refuse who presents nothing, which is asked of them first; each is set up as its documentation says (\`bench/peers\`), with NODE_ENV=production, without a log, a request id or security headers, and with \`x-powered-by\` and \`etag\` off. They get the same tokens; those with sessions get ${sessions} cookies in turn. passport-jwt looks no user up. Better Auth is asked with \`auth.api.getSession\`, on the same private PostgreSQL, with its cookie cache (never expired) and without; express-session with connect-redis is on the same private Redis.`,
]
