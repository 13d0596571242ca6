import { setTimeout as wait } from 'node:timers/promises'
import { createVerifierTokenSigner } from '../verifier-token.ts'
import { type Connection, readEventStream } from './event-stream.ts'
import { type Revocations, readRevocation } from './revocation.ts'
import { createRevocationList } from './revocation-list.ts'

/** Where the auth-server streams revocations. */
export const revocationsPath = '/api/revocations'

/** What a verifier does while the feed is lost: believe tokens until they expire, or believe none. */
export type FeedLostPolicy = 'allow' | 'refuse'

export type FeedState =
  | { readonly kind: 'connected' }
  /** For how long revocations may have been missed, in seconds; since the start when it never was connected. */
  | { readonly kind: 'stale'; readonly forS: number }

export interface RevocationFeed {
  /** What `createVerifier` looks revocations up in. */
  readonly revocations: Revocations
  state(): FeedState
  /** How often an established connection was lost, and how many entries are in memory. */
  stats(): { readonly lost: number; readonly entries: number }
  /** Connects, and connects again whenever the connection ends. */
  start(): void
  stop(): Promise<void>
}

export interface FeedNeeds {
  /** The auth-server's address, without a path. */
  readonly authServerUrl: string
  /** The secret shared with the auth-server. */
  readonly secret: string
  /** The issuer of access tokens. */
  readonly issuer: string
  /** How this service calls itself, for the auth-server's log. */
  readonly service: string
  readonly whenLost?: FeedLostPolicy
  /** With `refuse`: how long the feed may be lost before tokens are refused, in milliseconds. */
  readonly toleranceMs?: number
  /** The most revocations held in memory; about 200 bytes each. */
  readonly limit?: number
  /** Told of every change of the connection, for the log. */
  readonly onChange?: (change: FeedChange) => void
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export type FeedChange =
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly cause: unknown }
  | { readonly kind: 'refused'; readonly status: number }
  /** There are more revocations than `limit`: some are not known here. */
  | { readonly kind: 'overflowed' }

/** The auth-server says something at least every 15 s. */
const silenceMs = 35_000

/** Milliseconds until attempt number `attempt`, the first being 0: soon again after a hiccup, never all services at once. */
const backOff = (attempt: number): number => Math.min(500, 50 * 2 ** Math.min(attempt, 5)) * (0.5 + Math.random() * 0.5)

/** A refusal is a matter of configuration or clocks, and does not pass soon. */
const refusedMs = 5000

/**
 * The client of the auth-server's revocation feed. It keeps what matters in memory, catches up after each break, and never
 * gives up. Until it is connected for the first time, and while it is lost, the policy decides.
 */
export const createRevocationFeed = (needs: FeedNeeds): RevocationFeed => {
  const { whenLost = 'allow', toleranceMs = 5000, limit = 250_000, onChange = () => {}, now = Date.now } = needs
  const list = createRevocationList({ now, limit })
  const sign = createVerifierTokenSigner({ secret: needs.secret, issuer: needs.issuer, now })
  const closing = new AbortController()
  let staleSince: number | undefined = performance.now()
  let lastEventId: string | undefined
  let everConnected = false
  let lost = 0
  let running: Promise<void> | undefined

  const onEvent = ({ event, id, data }: { event: string; id: string | undefined; data: string }) => {
    if (id !== undefined) lastEventId = id
    if (event === 'caught-up') {
      staleSince = undefined
      everConnected = true
      onChange({ kind: 'connected' })
      return
    }
    const revocation = event === 'message' ? readRevocation(data) : undefined
    if (!revocation) return
    const wasComplete = !list.isIncomplete
    list.add(revocation)
    if (wasComplete && list.isIncomplete) onChange({ kind: 'overflowed' })
  }

  const connect = (): Promise<Connection> =>
    readEventStream({
      url: new URL(revocationsPath, needs.authServerUrl).href,
      token: sign(needs.service),
      lastEventId,
      silenceMs,
      signal: closing.signal,
      onEvent,
    })

  const run = async () => {
    const pruning = setInterval(list.prune, 60_000).unref()
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      const connection = await connect()
      if (staleSince === undefined) {
        staleSince = performance.now()
        lost++
        attempt = 0
      }
      if (closing.signal.aborted) break
      onChange(connection)
      const pause = connection.kind === 'refused' ? refusedMs : backOff(attempt)
      await wait(pause, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    }
    clearInterval(pruning)
  }

  const isLost = () => staleSince !== undefined && (!everConnected || performance.now() - staleSince > toleranceMs)
  return {
    revocations: {
      get version() {
        return list.version
      },
      isRevoked: list.isRevoked,
      isReliable: () => whenLost === 'allow' || !(isLost() || list.isIncomplete),
    },
    state: () =>
      staleSince === undefined
        ? { kind: 'connected' }
        : { kind: 'stale', forS: Math.floor((performance.now() - staleSince) / 1000) },
    stats: () => ({ lost, entries: list.size }),
    start: () => {
      running ??= run()
    },
    stop: async () => {
      closing.abort()
      await running
    },
  }
}
