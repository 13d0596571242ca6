import { createAuthCore, originOf } from './core/create-auth-core.ts'
import type { AuthClient, Clock, Session } from './core/index.ts'
import { readSession, writeSession } from './kept-session.ts'
import { memoryStore } from './memory-store.ts'
import type { Store } from './store.ts'
import { takeTurns } from './take-turns.ts'

export interface AuthClientNeeds {
  /** Of the auth-server, its origin: `https://auth.example.com`. */
  readonly url: string
  /** Where the session is kept. In memory when left out. */
  readonly store?: Store
  /** Origins that may have the access token, besides that of the auth-server: `https://api.example.com`. None when left out. */
  readonly services?: readonly string[]
  /** A `fetch` with your own proxy, log or pool. Node's when left out. */
  readonly fetch?: typeof fetch
  /** For tests. */
  readonly clock?: Clock
}

/**
 * A client for one user of the auth pair, by the body transport: nothing of it is a cookie. All its callers, in all processes that share its
 * store, are one session. Throws TypeError when an address is none.
 */
export const createAuthClient = ({
  url,
  store = memoryStore(),
  services = [],
  fetch,
  clock,
}: AuthClientNeeds): AuthClient => {
  const origin = originOf('url', url)
  const inTurn = takeTurns()
  // what each session was read from, to the letter
  const texts = new WeakMap<Session, string>()
  const { client } = createAuthCore({
    url: origin,
    services,
    signInWith: { tokenTransport: 'body' },
    read: async () => {
      const text = await store.read()
      if (text === undefined) return undefined
      const session = readSession(origin, text)
      texts.set(session, text)
      return session
    },
    write: (session, _change, former) =>
      store.write(session && writeSession(origin, session), former && texts.get(former)),
    alone: async (work, signal) => {
      const end = await inTurn(signal)
      try {
        const release = await store.lock(signal)
        try {
          return await work()
        } finally {
          await release()
        }
      } finally {
        await end()
      }
    },
    fetch,
    clock,
  })
  return client
}
