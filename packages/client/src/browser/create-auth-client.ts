import { type AuthClient, createAuthCore, type Session } from '../core/index.ts'
import { joinTabs } from './join-tabs.ts'
import { createTurns } from './take-turns.ts'

declare const document: { readonly baseURI: string }

export interface BrowserClientNeeds {
  /** Of the auth-server: `https://login.example.com`. */
  readonly url: string
  /**
   * Origins besides the auth-server's own to which the access token may go. The page's own is not among them by itself: what serves files
   * need not be what may act for the user.
   */
  readonly services?: readonly string[] | undefined
}

/**
 * A client for one auth-server, one for a page. All tabs of an origin share the session: one of them refreshes for all, and a sign-in or sign-out
 * in one is one in all, at once. Tabs of another origin find out at their next refresh, or when a service refuses their token.
 *
 * Tokens pass between tabs by BroadcastChannel: it reaches pages of this origin only, each of which can get the same token from the auth-server,
 * and keeps nothing.
 */
export const createAuthClient = ({ url, services }: BrowserClientNeeds): AuthClient => {
  const name = `auth-pair ${new URL(url).origin}`
  // the cookie cannot be seen: the first refresh tells whether there is a session
  const unknown: Session = { accessToken: '' }
  let kept: Session | undefined = unknown

  const { tell, caughtUp } = joinTabs(name, ({ session, change }) => {
    const former = kept
    kept = session
    if (session) hear(session, change ?? (former ? undefined : { kind: 'signed-in' }))
    else hear(session, former?.accessToken ? (change ?? { kind: 'signed-out', reason: 'session-ended' }) : undefined)
  })

  const { client, hear } = createAuthCore({
    url,
    services,
    cookies: true,
    signInWith: { tokenTransport: 'cookie' },
    init: { credentials: 'include' },
    read: async () => {
      await caughtUp()
      return kept
    },
    write: async (session, change) => {
      kept = session
      tell({ session, change })
    },
    alone: createTurns(name),
  })

  return {
    ...client,
    fetch: (input, init) => client.fetch(input instanceof Request ? input : fromPage(input), init),
    tokenFor: (address, options) => client.tokenFor(fromPage(address), options),
    // also when it is signed out here: the server may not have been told, or somebody has signed in on another origin
    signOut: options => {
      kept ??= unknown
      return client.signOut(options)
    },
  }
}

/** An address relative to where the page is now: a front end changes its own without loading anew. */
const fromPage = (address: string | URL) => new URL(address, document.baseURI)
