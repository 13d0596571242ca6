import type { Ask } from './ask.ts'
import { leftOut, ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

/** The members of a JWK that must never leave the server (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export interface KeyList {
  readonly verdict: Verdict
  /** The ids of the keys; undefined when there is no list. */
  readonly ids: readonly string[] | undefined
}

/** `/.well-known/jwks.json` (RFC 7517, section 5): the public keys, and nothing but those. */
export const checkKeyList = async ({ origin }: Target, ask: Ask): Promise<KeyList> => {
  const { status, json } = await ask({ url: new URL('/.well-known/jwks.json', origin) })
  if (status === 404)
    return {
      verdict: leftOut('There is no list of public keys: this server has none, and signs with the shared secret.'),
      ids: undefined,
    }
  const keys = json?.keys
  if (status !== 200 || !Array.isArray(keys) || !keys.every(key => typeof key === 'object' && key !== null))
    return {
      verdict: wrong(
        `/.well-known/jwks.json answers ${status} and no {"keys":[...]}: services cannot learn the public keys.`,
      ),
      ids: undefined,
    }
  const leaked = privateMembers.filter(member => keys.some(key => Object.hasOwn(key, member)))
  const ids = keys.map(({ kid }) => kid).filter(kid => typeof kid === 'string')
  if (leaked.length > 0) {
    const text = `ALARM: the public list of keys holds private members (${leaked.join(', ')}). Whoever has read it can sign tokens: take it off the net, and make new keys.`
    return { verdict: wrong(text), ids }
  }
  if (ids.length < keys.length)
    return {
      verdict: wrong(
        'The public list holds a key whose kid is not a string: services find keys by that, and pass it over.',
      ),
      ids,
    }
  return {
    verdict: ok(ids.length === 0 ? 'The list of public keys is empty.' : `Public keys: ${ids.map(quote).join(', ')}.`),
    ids,
  }
}
