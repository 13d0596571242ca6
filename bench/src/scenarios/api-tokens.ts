import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missedClaims } from '../claims.ts'
import { cpuTimeUs } from '../cpu-time.ts'
import { interleave } from '../interleave.ts'
import { type Load, sender, sendLoad } from '../load/load.ts'
import { installPeers } from '../peers/install.ts'
import { peers, versionsOf } from '../peers/peers.ts'
import { startPeer } from '../peers/start-peer.ts'
import { untilQuiet } from '../quiet.ts'
import { checkAnswer } from '../restricted/check-answer.ts'
import { makeApiTokens } from '../restricted/make-api-tokens.ts'
import { startPair } from '../restricted/start-pair.ts'
import { bearer, makeTokens, writeValues } from '../restricted/write-tokens.ts'
import type { Needs, Result } from '../scenario.ts'
import { median } from '../statistics.ts'

export const about = 'The protected route with API tokens that the auth-server was asked about, beside access tokens.'

const connections = 32

const names = ['apiTokens', 'accessTokens', 'express'] as const
type Name = (typeof names)[number]
const labels: Readonly<Record<Name, string>> = {
  apiTokens: 'auth pair, API tokens',
  accessTokens: 'auth pair, access tokens',
  express: peers.express.label,
}

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, progress, atEnd } = needs
  const [rounds, seconds] = quick ? [2, 1] : [7, 4]
  installPeers(progress)
  progress('starting')
  const { signing, auth, test } = await startPair(needs)
  const apiTokens = await makeApiTokens(auth.url)
  const dir = mkdtempSync(join(tmpdir(), 'bench-api-tokens-'))
  atEnd(() => rmSync(dir, { recursive: true }))
  const turns = (name: Name, tokens: readonly string[]) => ({
    turns: { header: 'Authorization', file: writeValues(join(dir, name), tokens.map(bearer)) },
  })
  const settings = { SECRET: signing.secret, ISSUER: signing.issuer, AUDIENCE: signing.audience }
  const peer = await startPeer(needs, peers.express.program, settings)
  const ours = { pid: test.pid, url: `${test.url}/api/restricted` }
  const targets: Record<Name, { readonly pid: number } & Pick<Load, 'url' | 'turns'>> = {
    apiTokens: { ...ours, ...turns('apiTokens', apiTokens) },
    accessTokens: { ...ours, ...turns('accessTokens', makeTokens(signing, apiTokens.length)) },
    // what asks for no token is sent one all the same: the bytes of a request are the same
    express: { pid: peer.pid, url: peer.url, ...turns('express', apiTokens) },
  }
  for (const name of names) await checkAnswer(targets[name], name !== 'express')

  const figures = () => Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, number[]>
  const [cpuUs, p99Ms] = [figures(), figures()]
  const measure = (name: Name) => async () => {
    const { pid, ...load } = targets[name]
    // one after the other: nobody is turned away because too much is asked at once
    if (name === 'apiTokens') for (const token of apiTokens) await warm(load.url, token)
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
  const medianOf = (of: Record<Name, number[]>, name: Name) => median(of[name].slice(-rounds))
  const claimed = { apiTokensOfExpress: compared.apiTokens.ratio }
  return {
    notes: [
      `Every server is a process of its own with the same Node, and the others are idle while it is measured: ${sender} and ${connections} connections, ${seconds} s a round, ${rounds} rounds in turns after one to warm up, on the same cores.`,
      `The test-server runs as it ships, with the feed and the introspection of a live auth-server. ${apiTokens.length} API tokens are sent in turn, each of which was used just before; what the auth-server said of them holds for 30 s. As many access tokens are sent in turn beside them.`,
      `Versions: ${versionsOf([peers.express]).join(', ')}.`,
    ],
    tables: [
      {
        title: `Medians of ${rounds} rounds`,
        head: ['', 'requests a second', 'of bare Express', 'lowest and highest', 'CPU µs a request', 'p99 ms'],
        rows: names.map(name => [
          labels[name],
          compared[name].median.toFixed(0),
          compared[name].ratio.toFixed(2),
          `${compared[name].ratioLow.toFixed(2)} to ${compared[name].ratioHigh.toFixed(2)}`,
          medianOf(cpuUs, name).toFixed(1),
          medianOf(p99Ms, name).toFixed(1),
        ]),
      },
    ],
    figures: { compared, cpuUs, p99Ms },
    claimed,
    missed: missedClaims(claimed),
  }
}

const warm = async (url: string, token: string): Promise<void> => {
  const res = await fetch(url, { headers: { Authorization: bearer(token) } })
  await res.body?.cancel()
  if (res.status !== 200) throw new Error(`an API token is answered ${res.status}`)
}
