import { setTimeout as wait } from 'node:timers/promises'

/** What the auth-server says to a refresh token. */
export type RefreshAnswer =
  | { readonly kind: 'renewed'; readonly accessToken: string; readonly refreshToken: string }
  /** Its word, and no proxy's: the person has to sign in again. */
  | { readonly kind: 'ended' }
  /** It said nothing about the session. */
  | { readonly kind: 'unavailable'; readonly cause: unknown }

export interface AuthServer {
  refresh(refreshToken: string): Promise<RefreshAnswer>
  /** Ends the session, and with it those that were opened from the same sign-in. Rejects when it was not told. */
  signOut(refreshToken: string): Promise<void>
}

/** How long each question may take, in milliseconds. */
const patienceMs = 2000

interface AuthServerNeeds {
  /** Its origin, as it is reached from here. */
  readonly url: string
  /** How this app calls itself: people find it in the list of what happened to their account. */
  readonly app: string
  /** From 0 to below 1. */
  readonly random?: () => number
}

export const createAuthServer = ({ url, app, random = Math.random }: AuthServerNeeds): AuthServer => {
  const post = async (path: string, refreshToken: string): Promise<{ status: number; answer: Answer }> => {
    const res = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { Authorization: `Bearer ${refreshToken}`, 'User-Agent': app },
      // SECURITY: it would take the token along
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
    })
    return { status: res.status, answer: parsed(await res.text()) }
  }

  const refreshOnce = async (token: string): Promise<RefreshAnswer> => {
    try {
      const { status, answer } = await post('/api/refresh', token)
      const { accessToken, refreshToken, code } = answer
      if (status === 200 && typeof accessToken === 'string' && typeof refreshToken === 'string')
        return { kind: 'renewed', accessToken, refreshToken }
      if (status === 401 && code === 'session-ended') return { kind: 'ended' }
      const cause = new Error(`The auth-server answered ${status}${typeof code === 'string' ? ` ${code}` : ''}.`)
      return { kind: 'unavailable', cause: Object.assign(cause, { mayPass: status >= 500 || status === 408 }) }
    } catch (cause) {
      return { kind: 'unavailable', cause }
    }
  }

  return {
    refresh: async token => {
      const first = await refreshOnce(token)
      if (first.kind !== 'unavailable' || (first.cause as { mayPass?: boolean }).mayPass === false) return first
      // the reply may have been lost: the same token gets the same successor. Not all at once, after an outage
      await wait(random() * 300)
      return refreshOnce(token)
    },
    signOut: async token => {
      const { status } = await post('/api/signout', token)
      if (status !== 204) throw new Error(`The auth-server answered ${status}.`)
    },
  }
}

type Answer = Readonly<Record<string, unknown>>

// the parser's own error quotes the text
const parsed = (text: string): Answer => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
