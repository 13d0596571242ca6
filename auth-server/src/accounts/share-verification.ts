import { hash } from 'node:crypto'
import type { From } from '../circumstances.ts'
import { emailKey } from './email.ts'

type Verify<Result> = (email: string, password: string, wanted: AbortSignal, from: From) => Promise<Result>

interface UnderWay<Result> {
  readonly result: Promise<Result>
  waiting: number
  readonly nobodyWaits: AbortController
}

/**
 * Lets those who present the same email and password at the same time share one check: twenty tabs that sign in at once cost one
 * hash, not twenty. SECURITY: by email, also where there is no account, or a shared answer would come sooner for some accounts than
 * for others; and nothing outlives the check.
 */
export const shareVerification = <Result>(verify: Verify<Result>): Verify<Result> => {
  const underWay = new Map<string, UnderWay<Result>>()

  const forget = (key: string, shared: UnderWay<Result>) => {
    if (underWay.get(key) === shared) underWay.delete(key)
  }

  const begin = (key: string, email: string, password: string, from: From): UnderWay<Result> => {
    const nobodyWaits = new AbortController()
    const result = verify(email, password, nobodyWaits.signal, from).finally(() => forget(key, shared))
    const shared = { result, waiting: 0, nobodyWaits }
    underWay.set(key, shared)
    return shared
  }

  return async (email, password, wanted, from) => {
    const key = hash('sha256', JSON.stringify([emailKey(email), password]))
    const shared = underWay.get(key) ?? begin(key, email, password, from)
    shared.waiting++
    const leave = () => {
      if (--shared.waiting > 0) return
      // whoever comes now must not be told that nobody waits
      forget(key, shared)
      shared.nobodyWaits.abort()
    }
    if (wanted.aborted) leave()
    else wanted.addEventListener('abort', leave)
    try {
      return await shared.result
    } finally {
      wanted.removeEventListener('abort', leave)
    }
  }
}
