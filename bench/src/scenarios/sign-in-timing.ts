import { wideLimits } from '@auth-pair/dev/wide-limits'
import bcrypt from 'bcrypt'
import { untilQuiet } from '../quiet.ts'
import { createRandom } from '../refresh-policies/random.ts'
import type { Needs, Result } from '../scenario.ts'
import { insertAccounts, storedHash } from '../sign-in/accounts.ts'
import { emailOf } from '../sign-in/email-of.ts'
import { createTimedSignIn, type TimedAnswer } from '../sign-in/one-at-a-time.ts'
import { authSettings, startListening, startMigrated } from '../sign-in/start-servers.ts'
import { mannWhitney, median, percentile } from '../statistics.ts'

export const about =
  'Whether the clock, or the answer, tells which accounts exist, are disabled, limited, or have an old hash.'

const limits = { difference: 0.05, p: 0.01 } as const
const cost = 10
const password = 'correct horse battery'
const wrong = 'wrong horse battery'

/** The accounts are as many as the samples, each tried once: none gets near a limit. Names are of one length, as those in them would be. */
const kinds = {
  wrong: { what: 'wrong password', name: 'userwrng', password: wrong, judged: true },
  unknown: { what: 'no such account', name: 'nobodyis', password: wrong, judged: true },
  disabled: { what: 'disabled account, right password', name: 'userdsbl', password, judged: true },
  bcrypt10: { what: 'wrong password, hash `$2b$10$`', name: 'userbc10', password: wrong, judged: true },
  bcrypt08: { what: 'wrong password, hash `$2b$08$`', name: 'userbc08', password: wrong, judged: true },
  sha25608: { what: 'wrong password, bcrypt-sha256 of cost 8', name: 'usersh08', password: wrong, judged: true },
  bcrypt12: { what: 'wrong password, hash `$2b$12$`', name: 'userbc12', password: wrong, judged: false },
} as const
type Kind = keyof typeof kinds
const allKinds = Object.keys(kinds) as Kind[]

type Samples<Name extends string> = Record<Name, TimedAnswer[]>

export const run = async (needs: Needs): Promise<Result> => {
  const { quick, seed, progress, startRedis, atEnd } = needs
  const count = quick ? 20 : 250
  const [redis, postgres] = [await startRedis(), await startMigrated(needs)]
  progress('making accounts')
  const insert = (name: string, passwordHash: string, disabled = false) =>
    insertAccounts({ databaseUrl: postgres.url, name, count: count + 1, passwordHash, disabled })
  await insert(kinds.wrong.name, await storedHash(password, cost))
  await insert(kinds.disabled.name, await storedHash(password, cost), true)
  await insert(kinds.bcrypt10.name, await bcrypt.hash(password, 10))
  await insert(kinds.bcrypt08.name, await bcrypt.hash(password, 8))
  await insert(kinds.sha25608.name, await storedHash(password, 8))
  await insert(kinds.bcrypt12.name, await bcrypt.hash(password, 12))

  const settings = { ...wideLimits, BCRYPT_COST: String(cost) }
  const server = await startListening(needs, 'auth-server/src/main.ts', authSettings({ postgres, redis, settings }))
  const limitedSettings = { ...wideLimits, BCRYPT_COST: '4', GUESSES_FREE: '10', GUESSES_WAIT_S: '3600' }
  const limited = await startListening(
    needs,
    'auth-server/src/main.ts',
    authSettings({ postgres, redis, settings: limitedSettings }),
  )
  const naive = await startListening(needs, 'bench/src/sign-in/plain-server.ts', port => ({
    PORT: port,
    REDIS_URL: redis.url,
    PASSWORD: password,
    BCRYPT_COST: String(cost),
  }))

  const random = createRandom(seed)
  /** In each round every kind once, in an order that is drawn. The round that warms up does not count. */
  const sample = async <Name extends string>(
    port: number,
    times: number,
    tries: Readonly<Record<Name, (i: number) => [string, string]>>,
  ): Promise<Samples<Name>> => {
    const { signIn, close } = createTimedSignIn(port)
    atEnd(close)
    const names = Object.keys(tries) as Name[]
    const samples = Object.fromEntries(names.map(name => [name, []])) as unknown as Samples<Name>
    for (let i = 0; i <= times; i++) {
      progress(`round ${i} of ${times}`)
      await untilQuiet({ forMs: 200, atMostMs: quick ? 200 : 1_000 })
      for (const name of shuffled(names, random)) {
        const answer = await signIn(...tries[name](i + 1))
        if (i > 0) samples[name].push(answer)
      }
    }
    close()
    return samples
  }

  const tryKind =
    (kind: Kind) =>
    (i: number): [string, string] => [emailOf(kinds[kind].name, i), kinds[kind].password]
  const tries = Object.fromEntries(allKinds.map(kind => [kind, tryKind(kind)])) as Record<
    Kind,
    (i: number) => [string, string]
  >
  const samples = await sample(server.port, count, tries)

  const guesses = createTimedSignIn(limited.port)
  atEnd(guesses.close)
  const [known, unknown] = [emailOf(kinds.wrong.name, 1), emailOf(kinds.unknown.name, 1)]
  for (let i = 0; i < 10; i++) for (const email of [known, unknown]) await guesses.signIn(email, wrong)
  const ofLimited = await sample(limited.port, count, { known: () => [known, wrong], unknown: () => [unknown, wrong] })
  const ofNaive = await sample(naive.port, Math.min(count, 100), { wrong: tries.wrong, unknown: tries.unknown })

  const rows = [
    ...allKinds.map(kind => compare(kinds[kind].what, kinds[kind].judged, samples[kind], samples.wrong)),
    compare('limited, such an account', true, ofLimited.known, ofLimited.known),
    compare('limited, no such account', true, ofLimited.unknown, ofLimited.known),
    compare('naive server: wrong password', false, ofNaive.wrong, ofNaive.wrong),
    compare('naive server: no such account', false, ofNaive.unknown, ofNaive.wrong),
  ]
  const naiveIsFound = !isAlike(rows.at(-1) as Row)
  return {
    notes: [
      `bcrypt of cost ${cost}. One connection, one sign-in after the other, to a server that has nothing else to do; in each of ${count} rounds, when the machine is quiet, every kind once, in an order that is drawn, and an account of its own for each sample. Every kind is compared with a wrong password for an account as the server itself makes them, the limited one with that of an account that exists: the difference of the medians has to be below ${limits.difference * 100} %, and p of the test of Mann and Whitney above ${limits.p}. Of seven comparisons of equal things, one in fourteen runs has a p below that. The work of a cheaper hash is made up with further hashes, and each of those has a beginning and an end of its own: some 0.1 ms that no round can take back.`,
      `The naive server returns early when there is no such account, and shows that the test can fail. Limited accounts have had ten wrong passwords, and then wait for an hour, so that none of them is asked again meanwhile; how much a hash costs does not matter to them, because none is made.`,
      'A hash of a higher cost than the configured one (the row of `$2b$12$`, which is not judged) takes longer, and so tells that it is there, until its owner has signed in once: set the cost to the highest that was taken over.',
    ],
    tables: [
      {
        title: 'Milliseconds to the last byte of the answer',
        head: ['', 'answer', 'samples', 'median', 'quartiles', 'difference of medians', 'p', 'answer looks alike'],
        rows: rows.map(row => [
          row.what,
          row.statuses,
          String(row.samples),
          row.medianMs.toFixed(2),
          row.quartilesMs.map(ms => ms.toFixed(2)).join(' to '),
          `${(row.difference * 100).toFixed(2)} %`,
          row.p.toFixed(3),
          row.looksAlike ? 'yes' : 'no',
        ]),
      },
    ],
    plot: {
      kind: 'lines',
      title: `How long a sign-in takes to be refused, bcrypt of cost ${cost}`,
      x: 'share of the answers, %',
      y: 'ms',
      series: allKinds
        .filter(kind => kinds[kind].judged)
        .map(kind => ({ name: kinds[kind].what.replaceAll('`', ''), points: shares(samples[kind]) })),
    },
    figures: {
      rows,
      tookMs: Object.fromEntries(
        allKinds.map(kind => [kind, times(samples[kind]).map(ms => Math.round(ms * 100) / 100)]),
      ),
    },
    missed: [
      ...rows
        .filter(row => row.judged && !isAlike(row))
        .map(row => `${row.what}: the clock tells (${(row.difference * 100).toFixed(2)} %, p ${row.p.toFixed(4)}).`),
      ...rows.filter(row => row.judged && !row.looksAlike).map(row => `${row.what}: the answer looks otherwise.`),
      ...(naiveIsFound ? [] : ['The naive server was not found out: the test cannot fail.']),
    ],
  }
}

const times = (answers: readonly TimedAnswer[]): number[] => answers.map(({ tookMs }) => tookMs)

const shares = (answers: readonly TimedAnswer[]) => {
  const tookMs = times(answers)
  return Array.from({ length: 96 }, (_, i) => [i, percentile(tookMs, i / 100)] as const)
}

const compare = (what: string, judged: boolean, answers: readonly TimedAnswer[], reference: readonly TimedAnswer[]) => {
  const [mine, theirs] = [times(answers), times(reference)]
  return {
    what,
    judged,
    samples: mine.length,
    statuses: [...new Set(answers.map(({ status }) => status))].join(', '),
    medianMs: median(mine),
    quartilesMs: [percentile(mine, 0.25), percentile(mine, 0.75)],
    difference: median(mine) / median(theirs) - 1,
    p: mannWhitney(mine, theirs).p,
    looksAlike: new Set([...answers, ...reference].map(({ looks }) => looks)).size === 1,
  }
}

type Row = ReturnType<typeof compare>

const isAlike = ({ difference, p }: Row): boolean => Math.abs(difference) < limits.difference && p > limits.p

const shuffled = <T>(items: readonly T[], random: ReturnType<typeof createRandom>): T[] => {
  const left = [...items]
  return items.flatMap(() => left.splice(random.between(0, left.length - 1), 1))
}
