import type { IncomingMessage } from 'node:http'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a write was sent by a browser for a page of a foreign origin, a sibling of the same site included. `Origin` and the browser's own word
 * (`Sec-Fetch-Site`) must both agree to be of this origin, where they are sent: a page cannot forge either. `Origin: null` is what a form of our own
 * page comes with under `Referrer-Policy: no-referrer`, and then the browser's word alone tells. Callers that send neither are no browsers and bring no
 * one else's cookies along.
 */
export const isCrossSite = ({ method = '', headers }: IncomingMessage, ownOrigin: string): boolean => {
  if (safeMethods.has(method)) return false
  const { origin, 'sec-fetch-site': site } = headers
  const bySite = site === undefined || site === 'same-origin'
  const byOrigin = origin === undefined || origin === ownOrigin || (origin === 'null' && site === 'same-origin')
  return !(bySite && byOrigin)
}
