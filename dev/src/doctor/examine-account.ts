import { checkCookies } from './check-cookies.ts'
import { keyIdOf } from './check-feed.ts'
import { checkRefresh } from './check-refresh.ts'
import { checkRevocation } from './check-revocation.ts'
import { checkToken } from './check-token.ts'
import { between, certain } from './clock.ts'
import type { ExamineNeeds, Learnt, Look } from './examine.ts'
import { leftOut, note, ok, type Verdict, wrong } from './finding.ts'
import { type Account, bearer, createSignIns, madeUpAccount, type Session, signOutRequest } from './sign-in.ts'
import type { Target } from './targets.ts'
import { whyRefused } from './why-refused.ts'

/** Somebody who signs in, or nobody yet: then an account is made, and stays. */
export type GivenAccount = Account | 'sign-up'

interface AccountNeeds extends Omit<ExamineNeeds, 'origins' | 'account'> {
  readonly account: GivenAccount
  readonly look: Look
  readonly learnt: Learnt
}

/**
 * What can be seen by signing in, once by body and once by cookie. Whatever happens, both sessions are ended. Resolves to the
 * issuer of the tokens, when there was one.
 */
export const examineAccount = async (needs: AccountNeeds): Promise<string | undefined> => {
  const { auth, look, ask, lastingAsk, report } = needs
  const signIns = createSignIns({ auth, ask: lastingAsk, conceal: report.conceal })
  const opened: { session?: Session } = {}
  try {
    const account = needs.account === 'sign-up' ? madeUpAccount() : needs.account
    await look(auth, 'sign-in', async () => {
      const session = await (needs.account === 'sign-up' ? signIns.signUp(account) : signIns.signIn(account, 'body'))
      if ('level' in session) return session
      opened.session = session
      return needs.account === 'sign-up'
        ? note(
            `Signed up by body, as ${account.email}. The account stays behind: an operator can disable it (npm run accounts -- disable).`,
          )
        : ok('Signed in by body.')
    })
    const { session } = opened
    if (!session) {
      await look(auth, 'account', async () =>
        leftOut('Tokens, cookies, refresh, sign-out and what services say of tokens: nobody is signed in.'),
      )
      return undefined
    }
    const accepting = await lookAtToken(needs, session)
    await look(auth, 'refresh', () => checkRefresh(auth, session, ask, report.conceal))
    await lookAtCookies(needs, () => signIns.signIn(account, 'cookie'))
    await lookAtSignOut(needs, session, accepting)
    const { iss } = session.token.claims
    return typeof iss === 'string' ? iss : undefined
  } finally {
    await look(auth, 'sign-out', signIns.endAll)
  }
}

/** What the token says, and which services take it. */
const lookAtToken = async (needs: AccountNeeds, session: Session): Promise<Target[]> => {
  const { auth, services, look, ask, learnt, settings } = needs
  const { clocks, keyIds } = learnt
  const { answer, token } = session
  const { origin } = auth
  await look(auth, 'token', async () =>
    checkToken({ ...answer, token, expiresIn: answer.json?.expiresIn, origin, clock: clocks.get(auth), keyIds }),
  )
  const accepting: Target[] = []
  for (const target of [auth, ...services]) {
    await look(target, 'token', async () => {
      const { status, header } = await ask({ url: target.guarded, headers: bearer(session) })
      if (status < 300) {
        accepting.push(target)
        return ok('It accepts the access token.')
      }
      const [own, reference] = [clocks.get(target), clocks.get(auth)]
      const aheadMs = own && reference && certain(between(own, reference))
      const ownKeyId = settings && keyIdOf(settings)
      return wrong(whyRefused({ status, challenge: header('WWW-Authenticate'), token, origin, aheadMs, ownKeyId }))
    })
  }
  return accepting
}

const lookAtCookies = async (
  { auth, look, ask, report }: AccountNeeds,
  signIn: () => Promise<Session | Verdict>,
): Promise<void> => {
  await look(auth, 'cookies', async () => {
    const session = await signIn()
    if ('level' in session) return session
    const verdicts = checkCookies(session.cookies, auth.origin)
    return session.refreshToken === undefined
      ? verdicts
      : [...verdicts, await checkRefresh(auth, session, ask, report.conceal)]
  })
}

/** Signs out, and watches how long each of those that took the token still does. */
const lookAtSignOut = async (needs: AccountNeeds, session: Session, accepting: readonly Target[]): Promise<void> => {
  const { auth, services, look, ask } = needs
  const signedOut = await look(auth, 'sign-out', async () => {
    const { status } = await ask(signOutRequest(auth, session))
    return status === 204 ? ok('Signed out.') : wrong(`Signing out answers ${status} instead of 204.`)
  })
  if (!signedOut) return
  // at the same time: each may take its five seconds
  await Promise.all(accepting.map(target => look(target, 'revocation', () => checkRevocation(target, session, ask))))
  for (const service of services) {
    if (!accepting.includes(service))
      await look(service, 'revocation', async () =>
        leftOut('Whether it hears of revocations: it accepts no token that could be revoked.'),
      )
  }
}
