import type { Ask } from './ask.ts'
import { ok, quote, type Verdict, wrong } from './finding.ts'
import { readSetCookie } from './set-cookie.ts'
import { cookieHeader, type Session } from './sign-in.ts'
import type { Target } from './targets.ts'

/** Whether the session goes on: a new access token, and a new refresh token in the place of the one that was presented. */
export const checkRefresh = async (
  { origin }: Target,
  session: Session,
  ask: Ask,
  conceal: (secret: string) => void,
): Promise<Verdict> => {
  const { transport, refreshToken: presented, cookies } = session
  if (presented === undefined)
    return wrong(`The sign-in by ${transport} gave no refresh token: something between takes it out.`)
  const url = new URL('/api/refresh', origin)
  const answer = await ask(
    transport === 'body'
      ? { url, method: 'POST', body: { refreshToken: presented } }
      : { url, method: 'POST', headers: cookieHeader(session) },
  )
  const { accessToken, refreshToken } = (answer.json ?? {}) as Record<string, unknown>
  if (answer.status !== 200 || typeof accessToken !== 'string') {
    const cause =
      transport === 'cookie'
        ? 'Does the Cookie header arrive, or does something between change the value?'
        : 'See "health" above.'
    return wrong(`Refreshing by ${transport} answers ${answer.status} (${quote(answer.json?.code)}). ${cause}`)
  }
  conceal(accessToken)
  session.accessToken = accessToken
  const given =
    transport === 'body'
      ? refreshToken
      : answer.setCookies.map(readSetCookie).find(({ name }) => name === cookies.refresh?.name)?.value
  if (typeof given !== 'string' || given === '')
    return wrong(
      `Refreshing by ${transport} gives no new refresh token: something between takes it out, and sessions end early.`,
    )
  conceal(given)
  session.refreshToken = given
  if (given === presented)
    return wrong(
      `Refreshing by ${transport} gives the same refresh token again: it does not rotate. Is the answer from a cache?`,
    )
  return ok(`Refreshing by ${transport} works, and the refresh token rotates.`)
}
