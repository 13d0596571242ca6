import { setTimeout as wait } from 'node:timers/promises'
import type { AuthServer } from './auth-server.ts'
import type { HeldTokens } from './held-tokens.ts'
import type { SessionStore } from './session-store.ts'

export type Renewal =
  | { readonly kind: 'renewed'; readonly held: HeldTokens }
  | { readonly kind: 'ended' }
  | { readonly kind: 'unavailable'; readonly cause: unknown }

/** Gets new tokens for a session in the place of those before. */
export type RenewTokens = (sessionId: string, before: HeldTokens) => Promise<Renewal>

interface RenewNeeds {
  readonly store: SessionStore
  readonly authServer: AuthServer
}

/** Milliseconds. A turn outlives two questions to the auth-server; whoever waits gives up before the request's caller does. */
const [turnMs, patienceMs, pauseMs] = [5000, 4000, 50]

/**
 * One refresh for all requests of a session: in this process they wait for the same promise, and between instances whoever takes the turn in Redis asks,
 * while the others look for what it has saved. The turn is for economy. That two who ask at once get the same successor is the auth-server's promise.
 */
export const createRenewTokens = ({ store, authServer }: RenewNeeds): RenewTokens => {
  const flights = new Map<string, Promise<Renewal>>()

  const ask = async (sessionId: string, before: HeldTokens): Promise<Renewal> => {
    const answer = await authServer.refresh(before.refreshToken)
    if (answer.kind !== 'renewed') return answer
    const { accessToken, refreshToken } = answer
    const next = { accessToken, refreshToken, since: before.since }
    const kept = await store.renew(sessionId, before, next)
    if (kept === 'gone') return { kind: 'ended' }
    if (kept === 'kept') return { kind: 'renewed', held: next }
    const others = await store.read(sessionId)
    return others ? { kind: 'renewed', held: others } : { kind: 'ended' }
  }

  const renew: RenewTokens = async (sessionId, before) => {
    const until = performance.now() + patienceMs
    for (;;) {
      const giveBack = await store.take(`turn:${sessionId}`, turnMs)
      try {
        const stored = await store.read(sessionId)
        if (!stored) return { kind: 'ended' }
        if (stored.accessToken !== before.accessToken) return { kind: 'renewed', held: stored }
        if (giveBack) return await ask(sessionId, before)
      } finally {
        // it ends by itself
        await giveBack?.().catch(() => {})
      }
      if (performance.now() > until) return { kind: 'unavailable', cause: new Error('Another instance is at it.') }
      await wait(pauseMs * (1 + Math.random()))
    }
  }

  return (sessionId, before) => {
    const key = `${sessionId} ${before.accessToken}`
    const flight =
      flights.get(key) ??
      renew(sessionId, before)
        .catch((cause): Renewal => ({ kind: 'unavailable', cause }))
        .finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }
}
