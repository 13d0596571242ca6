import { type Ask, Unanswered } from './ask.ts'
import { checkCertificate } from './check-certificate.ts'
import { clockVerdict, pairVerdict, readClocks } from './check-clocks.ts'
import { checkOrigin, checkStrangers } from './check-cors.ts'
import { checkDescription } from './check-description.ts'
import { checkFeed, checkFeedClosed, type Settings } from './check-feed.ts'
import { checkGraphql } from './check-graphql.ts'
import { checkGuard } from './check-guard.ts'
import { checkHeaders } from './check-headers.ts'
import { checkHealth } from './check-health.ts'
import { checkKeyList } from './check-key-list.ts'
import { checkPages } from './check-pages.ts'
import { checkPlainHttp } from './check-plain-http.ts'
import { checkProblems } from './check-problems.ts'
import { checkReachable, checkScheme } from './check-reachable.ts'
import type { Ahead } from './clock.ts'
import { examineAccount, type GivenAccount } from './examine-account.ts'
import { type Finding, leftOut, type Verdict, wrong } from './finding.ts'
import type { Report } from './report.ts'
import type { Target } from './targets.ts'

export interface ExamineNeeds {
  readonly auth: Target
  readonly services: readonly Target[]
  readonly origins: readonly string[]
  /** Left out, nobody signs in. */
  readonly account: GivenAccount | undefined
  /** Left out, the secret is not tried. */
  readonly settings: Settings | undefined
  readonly ownVersion: string
  readonly signal: AbortSignal
  readonly ask: Ask
  /** Is not stopped by the signal: it ends what was begun. */
  readonly lastingAsk: Ask
  readonly report: Pick<Report, 'say' | 'conceal'>
  /** How long one answer may take, in milliseconds. */
  readonly requestMs: number
  readonly now: () => number
}

/** Says what one check of one server found. Resolves to false when it was not answered. */
export type Look = (
  target: Target,
  check: string,
  find: () => Promise<Verdict | readonly Verdict[]>,
) => Promise<boolean>

/** What is learnt on the way, for checks that compare. */
export interface Learnt {
  readonly clocks: ReadonlyMap<Target, Ahead>
  readonly publicUrl: string | undefined
  readonly keyIds: readonly string[] | undefined
}

/** Looks at everything, one thing after the other. Rejects with RateLimited or Stopped when it cannot go on. */
export const examine = async (needs: ExamineNeeds): Promise<void> => {
  const { auth, services, account, settings, ask, report } = needs
  const look = createLook(report.say)
  const usable: Target[] = []
  for (const target of [auth, ...services]) if (await isUsable(target, look, needs)) usable.push(target)
  const isAuthUsable = usable.includes(auth)
  let [publicUrl, keyIds]: [string | undefined, readonly string[] | undefined] = [undefined, undefined]
  for (const target of usable) await lookFromOutside(target, look, needs)
  if (isAuthUsable) {
    await look(auth, 'description', async () => {
      const description = await checkDescription(auth, ask, needs.ownVersion)
      publicUrl = description.publicUrl
      return description.verdicts
    })
    await look(auth, 'keys', async () => {
      const list = await checkKeyList(auth, ask)
      keyIds = list.ids
      return list.verdict
    })
    await look(auth, 'feed', () => checkFeedClosed(auth, ask))
    await look(auth, 'pages', () => checkPages(auth, ask))
    await look(auth, 'graphql', () => checkGraphql(auth, ask))
  }
  const clocks = await lookAtClocks(usable, auth, look, ask)
  const say = (check: string, verdict: Verdict) => report.say({ ...verdict, check, server: auth.name })
  let issuer: string | undefined = publicUrl
  if (!isAuthUsable)
    say('account', leftOut('Sign-in, tokens, cookies, refresh, sign-out and what services say of tokens: see above.'))
  else if (!account) {
    say(
      'account',
      leftOut(
        'Sign-in, tokens, cookies, refresh, sign-out and what services say of tokens: give --email (or --sign-up).',
      ),
    )
  } else {
    const seen = await examineAccount({
      ...needs,
      account,
      services: usable.filter(({ kind }) => kind === 'service'),
      look,
      learnt: { clocks, publicUrl, keyIds },
    })
    issuer = seen ?? issuer
  }
  if (!settings)
    say(
      'secret',
      leftOut(
        'Whether the secret opens the feed of revocations: there is no JWT_ACCESS_SECRET in the environment or .env, and no npm start on this machine to take it from.',
      ),
    )
  else if (isAuthUsable) await look(auth, 'secret', () => checkFeed(auth, settings, issuer, ask))
}

const createLook = (say: (finding: Finding) => void): Look => {
  return async (target, check, find) => {
    const tell = (verdict: Verdict) => say({ ...verdict, check, server: target.name })
    try {
      for (const verdict of [await find()].flat()) tell(verdict)
      return true
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      tell(wrong(error.message))
      return false
    }
  }
}

/** Whether there is such a server at all: if not, nothing else is asked of it. */
const isUsable = async (
  target: Target,
  look: Look,
  { ask, signal, requestMs: deadlineMs, now }: ExamineNeeds,
): Promise<boolean> => {
  let usable = true
  if (target.origin.startsWith('https:')) {
    const answered = await look(target, 'certificate', async () => {
      const verdict = await checkCertificate(target, { signal, deadlineMs, now })
      usable = verdict.level !== 'wrong'
      return verdict
    })
    usable &&= answered
  }
  if (usable) {
    const answered = await look(target, 'reachable', async () => {
      const { verdict, usable: isOne } = await checkReachable(target, ask)
      usable = isOne
      return isOne ? [verdict, ...checkScheme(target)] : verdict
    })
    usable &&= answered
  }
  if (!usable) await look(target, 'rest', async () => leftOut('Nothing else was asked of it.'))
  return usable
}

const lookFromOutside = async (target: Target, look: Look, { ask, origins }: ExamineNeeds): Promise<void> => {
  if (target.onlyRoute) {
    await look(target, 'rest', async () =>
      leftOut('Health, headers and problems: of a URL with a path only this route is asked.'),
    )
  } else {
    await look(target, 'health', () => checkHealth(target, ask))
    await look(target, 'headers', () => checkHeaders(target, ask))
    await look(target, 'problems', () => checkProblems(target, ask))
  }
  if (target.kind === 'service')
    await look(target, 'version', async () => leftOut('Nothing tells the version of a service from outside.'))
  await look(target, 'guard', () => checkGuard(target, ask))
  const { protocol, port, hostname } = new URL(target.origin)
  // elsewhere nobody knows where its plain http would be
  if (protocol === 'https:' && port === '')
    await look(target, 'plain http', () => checkPlainHttp(new URL(`http://${hostname}/`), ask))
  else if (protocol === 'https:')
    await look(target, 'plain http', async () => leftOut('Whether plain http leads to https: only known of port 443.'))
  for (const origin of origins) await look(target, 'cors', () => checkOrigin(target, origin, ask))
  await look(target, 'cors', () => checkStrangers(target, ask))
}

const lookAtClocks = async (
  targets: readonly Target[],
  auth: Target,
  look: Look,
  ask: Ask,
): Promise<Map<Target, Ahead>> => {
  const clocks = await readClocks(targets, ask)
  for (const target of targets) {
    const others = targets.filter(other => other !== target).flatMap(other => clocks.get(other) ?? [])
    const [own, reference] = [clocks.get(target), clocks.get(auth)]
    await look(target, 'clock', async () => [
      clockVerdict(own, others),
      ...(target !== auth && own && reference ? [pairVerdict(own, reference)] : []),
    ])
  }
  return clocks
}
