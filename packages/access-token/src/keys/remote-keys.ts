import { readBounded } from '../read-bounded.ts'
import type { Key } from './key.ts'
import { readKeySet } from './read-key-set.ts'

export interface RemoteKeysNeeds {
  /** Where the key set is, such as `https://login.example.com/.well-known/jwks.json`. */
  readonly url: string
  /** How long a key set is used before it is fetched again, in milliseconds. */
  readonly freshMs?: number
  /** The least time between two fetches, in milliseconds. */
  readonly pauseMs?: number
  /** Told when the key set could not be fetched, and how many keys are known nevertheless, for the log. */
  readonly onError?: ((cause: unknown, knownKeys: number) => void) | undefined
}

export interface RemoteKeys {
  /** The key of an id, as far as is known now. */
  get(id: string): Key | undefined
  /**
   * The key of an id that is not known, after a look whether it is new. `unknown`: the issuer does not have it. `unavailable`: nobody
   * can tell at this moment.
   */
  find(id: string): Promise<Key | 'unknown' | 'unavailable'>
}

const deadlineMs = 3000
/** A key set has some hundred characters a key. */
const longest = 256 * 1024

/**
 * The keys of an issuer, fetched when they are first needed, again now and then, and when a token names one that is not known: but
 * never more often than once in `pauseMs`, whatever ids clients invent. While the issuer is away its last known keys stay good; but
 * nobody is believed on the word of a set that is older than twice `freshMs` before the issuer was asked.
 */
export const createRemoteKeys = (needs: RemoteKeysNeeds): RemoteKeys => {
  const { url, freshMs = 300_000, pauseMs = 5000, onError = () => {} } = needs
  let keys = new Map<string, Key>()
  let askedAt = Number.NEGATIVE_INFINITY
  let gotAt = Number.NEGATIVE_INFINITY
  let isInStep = false
  let fetching: Promise<void> | undefined

  const ask = async () => {
    try {
      const fetched = readKeySet(await fetchText(url))
      if (fetched.length === 0) throw new Error('The key set has no key that can be used here.')
      keys = new Map(fetched.map(key => [key.id, knownAs(key, keys.get(key.id))]))
      gotAt = performance.now()
      isInStep = true
    } catch (error) {
      isInStep = false
      tell(error)
    }
  }

  /** What a listener throws is not the business of whoever sent a token. */
  const tell = (cause: unknown) => {
    try {
      onError(cause, keys.size)
    } catch {}
  }

  const mayAsk = () => performance.now() - askedAt >= pauseMs

  /** Fetches the key set if it may; resolves when what is under way has ended. */
  const refresh = (): Promise<void> | undefined => {
    if (!fetching && mayAsk()) {
      askedAt = performance.now()
      fetching = ask().finally(() => {
        fetching = undefined
      })
    }
    return fetching
  }

  return {
    get: id => {
      const age = performance.now() - gotAt
      if (age >= 2 * freshMs && (fetching || mayAsk())) return undefined
      // in the background: who asks now is answered with what is known
      if (age >= freshMs) void refresh()
      return keys.get(id)
    },
    find: async id => {
      await refresh()
      return keys.get(id) ?? (isInStep ? 'unknown' : 'unavailable')
    },
  }
}

/** The same key stays the same object: what was verified with it stands. */
const knownAs = (key: Key, before: Key | undefined): Key =>
  before?.algorithm === key.algorithm && before.key.equals(key.key) ? before : key

const fetchText = async (url: string): Promise<string> => {
  const res = await fetch(url, {
    headers: { Accept: 'application/jwk-set+json, application/json' },
    // SECURITY: who may give out keys is said by configuration alone, and a redirection is no 200. Not 'error': with it, Node 20
    // forgets the deadline at a garbage collection
    redirect: 'manual',
    signal: AbortSignal.timeout(deadlineMs),
  })
  if (res.status !== 200 || !res.body) {
    await res.body?.cancel()
    throw new Error(`The key set was answered with ${res.status}.`)
  }
  return readBounded(res.body, longest)
}
