import { randomBytes, randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createVerifier, type Revocations } from '@auth-pair/access-token'
import { createRevocationList, createSessionId } from '@auth-pair/access-token/pair'
import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { interleave } from '../interleave.ts'
import type { Needs, Result } from '../scenario.ts'

export const about = 'What 100,000 live revocations in memory cost the verification of an access token.'

const secret = randomBytes(48).toString('base64')
const issuer = 'http://localhost:3000'
const audience = 'auth-pair'
const live = 100_000
/** A ratio of throughputs: 5 % of cost. */
const least = 0.95

// node offers the collector only when it is asked to
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const heapUsed = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

/** A list with so many entries, half of sessions and half of users, none of which concerns the tokens that are verified. */
const listOf = (count: number): Revocations & { bytes: number } => {
  const before = heapUsed()
  const list = createRevocationList({ now: Date.now, limit: Number.POSITIVE_INFINITY })
  const at = Date.now()
  for (let seq = 1; seq <= count; seq++) {
    const common = { seq, userId: randomUUID(), at, until: at + 3_600_000 }
    list.add(seq % 2 ? { ...common, sessionId: createSessionId(0) } : { ...common, before: 1_800_000_000 })
  }
  const bytes = heapUsed() - before
  return {
    get version() {
      return list.version
    },
    isRevoked: list.isRevoked,
    isReliable: () => true,
    bytes,
  }
}

export const run = async ({ quick, progress }: Needs): Promise<Result> => {
  const sign = createSigner({ key: createKey(secret), issuer, audience })
  const tokens = Array.from({ length: 5000 }, () =>
    sign({ userId: randomUUID(), sessionId: createSessionId(0), now: Date.now(), lifeS: 3600 }),
  )
  const lists = { none: listOf(0), many: listOf(live) }
  const rounds = quick ? 5 : 31

  /** Verifications a second. With `remember` 1 every token is verified anew; `changing` makes every look-up a new one. */
  const throughput = (list: Revocations, { remember, changing }: { remember: number; changing: boolean }) => {
    let version = 0
    const revocations = changing
      ? {
          isRevoked: list.isRevoked,
          isReliable: list.isReliable,
          get version() {
            return ++version
          },
        }
      : list
    const verifier = createVerifier({ secret, issuer, audience, remember, revocations })
    const repeat = remember === 1 ? 2 : 40
    return async () => {
      const began = performance.now()
      for (let i = 0; i < repeat; i++)
        for (const token of tokens) if (!verifier.verify(token).ok) throw new Error('refused')
      return (repeat * tokens.length) / ((performance.now() - began) / 1000)
    }
  }

  const compare = (name: string, how: { remember: number; changing: boolean }) =>
    interleave({
      rounds,
      warmUp: 5,
      baseline: 'none',
      progress: text => progress(`${name}, ${text}`),
      variants: { none: throughput(lists.none, how), many: throughput(lists.many, how) },
    })
  const kinds = {
    'tokens seen before': await compare('seen before', { remember: 10_000, changing: false }),
    'tokens seen before, a revocation before each': await compare('changing', { remember: 10_000, changing: true }),
    'tokens seen for the first time': await compare('first time', { remember: 1, changing: false }),
  }
  const perEntry = lists.many.bytes / live
  const judged = ['tokens seen before', 'tokens seen for the first time'] as const
  const bytes = `${Math.round(perEntry)} bytes an entry, ${(lists.many.bytes / 2 ** 20).toFixed(0)} MiB for ${live}`
  return {
    notes: [
      `\`verify\` of ${tokens.length} tokens in turn, with no revocation in memory and with ${live} live ones, half of sessions and half of users, in interleaved rounds. A token that was found good is looked up again only after the revocations have changed; the second row makes every single look-up a real one, as if a revocation came before each request.`,
      `Memory of the revocations: ${bytes}.`,
    ],
    tables: [
      {
        title: 'Verifications a second, median',
        head: ['', 'no revocations', `${live} revocations`, 'ratio', 'lowest and highest round'],
        rows: Object.entries(kinds).map(([name, { none, many }]) => [
          name,
          none.median.toFixed(0),
          many.median.toFixed(0),
          many.ratio.toFixed(3),
          `${many.ratioLow.toFixed(2)} to ${many.ratioHigh.toFixed(2)}`,
        ]),
      },
    ],
    plot: {
      kind: 'bars',
      title: `Verification with ${live} live revocations`,
      y: 'verifications a second',
      groups: Object.keys(kinds),
      series: [
        { name: 'no revocations', values: Object.values(kinds).map(({ none }) => Math.round(none.median)) },
        { name: `${live} revocations`, values: Object.values(kinds).map(({ many }) => Math.round(many.median)) },
      ],
    },
    figures: { live, bytesPerEntry: perEntry, kinds },
    missed: judged
      .filter(name => kinds[name].many.ratio < least)
      .map(
        name => `${name}: ${kinds[name].many.ratio.toFixed(3)} of the throughput without revocations, below ${least}.`,
      ),
  }
}
