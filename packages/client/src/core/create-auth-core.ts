import { createAsk, unlessAborted } from './ask-server.ts'
import { AuthError } from './auth-error.ts'
import { createTokenClock, userOf } from './clock.ts'
import { createFetch } from './fetch-with-token.ts'
import type { AuthClient, AuthCore, Change, CoreNeeds, Options, Passwords, Session, User } from './types.ts'

type Tokens = Session & { readonly user: User }

/** A token that is this young was not refused for its age: a new one would be refused too. Milliseconds. */
const young = 5000

/**
 * A client of the auth pair without a place to keep its tokens. Whatever its callers do at once, it asks for one new token; it
 * takes nothing but the server's word (`session-ended`) for the end of a session.
 */
export const createAuthCore = (needs: CoreNeeds): AuthCore => {
  const { url, read, write, alone, cookies, signInWith, init, random = Math.random } = needs
  const send: typeof fetch = needs.fetch ?? ((...request) => fetch(...request))
  const clock = needs.clock ?? { wall: Date.now, steady: () => performance.now() }
  const { learn, trust, follow, left, margin, age } = createTokenClock(clock)
  const ask = createAsk({ url, fetch: send, clock, random, init })
  const listeners = new Set<(change: Change) => void>()
  const replaced = new AuthError('signed-out', 'Somebody has signed in or out meanwhile.')
  let held: Session | undefined
  /** Counts what was learnt of the session from others than its store. */
  let turn = 0
  let flight: Promise<string> | undefined
  let landing = new AbortController()
  let quietUntil = 0

  /** What asks the server to sign in or out, and what keeps its answer: the whole of it alone, or only the latter. */
  const [asking, keeping] = cookies ? [alone, atOnce] : [atOnce, alone]

  const take = (session?: Session, change?: Change) => {
    if (held?.accessToken && session && userOf(held.accessToken) !== userOf(session.accessToken))
      change ??= { kind: 'signed-in' }
    held = session
    turn++
    if (change) for (const listener of listeners) queueMicrotask(() => listener(change))
  }

  const hear: AuthCore['hear'] = (session, change) => {
    follow(session?.aheadMs)
    take(session, change)
  }

  /** Whoever waits for a refresh waits for what comes now instead. */
  const interrupt = () => {
    landing.abort(replaced)
    flight = undefined
    take()
  }

  const lose = (reason: 'signed-out' | 'session-ended'): Change => ({ kind: 'signed-out', reason })

  const tell = ({ refreshToken }: Session, signal?: Options['signal']) =>
    ask({ path: 'signout', body: { refreshToken }, signal: signal ?? undefined })

  const refresh = async (refused: string | undefined, signal: AbortSignal): Promise<string> => {
    const kept = await read()
    signal.throwIfAborted()
    if (!kept) {
      take(undefined, held && lose('signed-out'))
      throw signedOut()
    }
    // somebody else has refreshed
    const { accessToken, refreshToken } = kept
    trust(kept.aheadMs)
    if (accessToken !== refused && left(accessToken) > margin(accessToken)) {
      take(kept)
      return accessToken
    }
    const askedAt = clock.steady()
    let next: Session | undefined
    let ended: AuthError | undefined
    try {
      next = await ask<Tokens>({ path: 'refresh', body: { refreshToken }, signal })
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== 'session-ended') throw error
      ended = error
    }
    // what somebody has signed in to or out of meanwhile stays
    const now = await read()
    signal.throwIfAborted()
    if (now?.accessToken !== accessToken) throw replaced
    // on an empty token nobody knew whether there was a session
    const change = ended && accessToken ? lose('session-ended') : undefined
    if (next)
      next = {
        accessToken: next.accessToken,
        refreshToken: next.refreshToken ?? refreshToken,
        aheadMs: learn(next.accessToken, askedAt),
      }
    if ((await write(next, change, now)) === false) throw replaced
    signal.throwIfAborted()
    take(next, change)
    if (!next) throw change ? ended : signedOut()
    return next.accessToken
  }

  /** The one refresh that everybody waits for. */
  const renew = (refused?: string): Promise<string> => {
    if (!flight) {
      landing = new AbortController()
      const { signal } = landing
      const mine = alone(() => refresh(refused, signal), signal).finally(() => {
        if (flight === mine) flight = undefined
      })
      mine.catch(() => {
        quietUntil = clock.steady() + random() * 5000
      })
      flight = mine
    }
    return flight
  }

  /** A token of the user for whom the call began: nothing that one user does is sent in the name of another. */
  const token = async (
    refused?: string,
    signal?: Options['signal'],
    user: unknown = userOf(refused ?? held?.accessToken ?? ''),
  ): Promise<string> => {
    const theirs = (accessToken: string) => {
      if (user !== undefined && userOf(accessToken) !== user) throw userChanged()
      return accessToken
    }
    signal?.throwIfAborted()
    while (!held) {
      const before = turn
      const kept = await unlessAborted(read(), signal)
      trust(kept?.aheadMs)
      // somebody has signed in or out meanwhile: what was read may be what was before
      if (before !== turn) continue
      if (!kept) throw signedOut()
      held = kept
    }
    const { accessToken } = held
    const due = margin(accessToken)
    const usable = accessToken !== refused
    if (usable && left(accessToken) > due) return theirs(accessToken)
    // it arrives before it expires: nobody has to wait, not even for a server that is away
    if (usable && left(accessToken) > due / 30) {
      if (clock.steady() > quietUntil) renew().catch(() => {})
      return theirs(accessToken)
    }
    try {
      return theirs(await unlessAborted(renew(refused), signal))
    } catch (error) {
      if (error === replaced) return token(refused, signal, user)
      throw error
    }
  }

  const enter =
    (path: string, token?: string) =>
    async (credentials: object, { signal }: Options = {}): Promise<User> => {
      const askedAt = clock.steady()
      const { user, accessToken, refreshToken } = await ask<Tokens>({
        path,
        body: { ...credentials, ...signInWith },
        token,
        // anything else was perhaps done, or is the user's business
        again: error => error.code === 'busy',
        signal: signal ?? undefined,
      })
      const session = { accessToken, refreshToken, aheadMs: learn(accessToken, askedAt) }
      const change: Change = { kind: 'signed-in', user }
      let obsolete: Session | undefined = session
      interrupt()
      try {
        await keeping(async () => {
          const former = await read()
          await write(session, change)
          obsolete = former
          take(session, change)
        }, signal ?? undefined)
      } finally {
        // a session whose tokens nobody keeps is ended, if it can be
        if (obsolete?.refreshToken) tell(obsolete).catch(() => {})
      }
      return user
    }

  const inTurn =
    (sign: ReturnType<typeof enter>): typeof sign =>
    (credentials, options) =>
      asking(() => sign(credentials, options), options?.signal ?? undefined)

  const client = {
    signUp: inTurn(enter('signup')),
    signIn: inTurn(enter('signin')),
    changePassword: async (passwords: Passwords, options?: Options) => {
      // before its turn: a refresh has to have its own
      const accessToken = await token(undefined, options?.signal)
      return inTurn(enter('password', accessToken))(passwords, options)
    },
    signOut: async ({ signal }: Options = {}) => {
      signal?.throwIfAborted()
      interrupt()
      const change = lose('signed-out')
      const former = await keeping(async () => {
        const kept = await read()
        if (kept) await write(undefined, change)
        take(undefined, kept && change)
        return kept
      }, signal ?? undefined)
      if (former) await asking(() => tell(former, signal), signal ?? undefined).catch(throwUntold)
    },
    accessToken: ({ signal }: Options = {}) => token(undefined, signal),
    onChange: (listener: (change: Change) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }

  const base = needs.base ?? url
  const origins = new Set((needs.services ?? []).map(service => originOf('services', service))).add(
    originOf('url', url),
  )
  const tokenFor: AuthClient['tokenFor'] = async (address, { refused, signal } = {}) => {
    const { origin } = new URL(address, base)
    // SECURITY: whoever gets a token can be the user
    if (!origins.has(origin))
      throw new AuthError('foreign-origin', `${origin} is not among the services: no token is sent there.`)
    return refused && held?.accessToken === refused && age(refused) < young ? undefined : token(refused, signal)
  }

  return { client: { ...client, tokenFor, fetch: createFetch({ send, base, tokenFor }) }, hear }
}

/** A path in it would look like a limit, and be none. */
export const originOf = (name: string, address: string): string => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw new TypeError(`${name}: write an origin, such as https://api.example.com, without a path.`)
  return url.origin
}

const throwUntold = (cause: unknown): never => {
  if (!(cause instanceof AuthError)) throw cause
  const { status, retryAfterS } = cause
  const message =
    'Signed out here, but the auth-server could not be told: there, the session goes on until its idle limit.'
  throw new AuthError('unavailable', message, { status, retryAfterS, cause })
}

const atOnce = <T>(work: () => Promise<T>): Promise<T> => work()

const userChanged = () =>
  new AuthError('user-changed', 'Somebody else has signed in since: this was not done in their name.')

const signedOut = () => new AuthError('signed-out', 'Nobody is signed in here: sign in first.')
