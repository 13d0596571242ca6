/** How the tabs of an owner refresh. All of them share one cookie jar. Times are milliseconds. */
export interface Traffic {
  readonly tabs: number
  /** The share of replies that get lost: the server has decided, and the jar does not change. */
  readonly lost: number
  /** A reply is under way for at most so long. */
  readonly replyMs: number
  /** Within this time after an expiry of the access token in the jar, each tab sends its request. */
  readonly spreadMs: number
  /** A tab whose reply was lost sends again after a time between these. Without it, it waits for the next expiry. */
  readonly againMs?: readonly [number, number]
}

/** Somebody who copies the jar once, goes on with a jar of his own, and loses no reply. */
export interface Thief {
  /** When he uses the copied token: at once, after the life of an access token, or when the one that he copied along expires. */
  readonly begins: 'at once' | 'a life later' | 'at expiry'
  /** He refreshes within this time after the expiry of his access token. */
  readonly spreadMs: number
}

/** What an access token lives. */
export const tokenMs = 300_000

/** What a request is under way, and a reply at least. */
export const wireMs = { least: 10, most: 300 } as const
