/**
 * The public halves of the keys that sign access tokens, for every service that verifies them (RFC 7517, section 5). It never
 * touches a private member: what is shown is made of public keys.
 */
import { type Key, publicJwk } from '@auth-pair/access-token/sign'
import { open, type Route, sendJson } from '@auth-pair/service'

/** The guard is `open`: public keys are for everybody. Without any, services verify with the shared secret alone. Of two, the one
 * that signs comes first: `npm run keys -- list` tells by it whether a server has been restarted. */
export const keySetRoute = (keys: readonly Key[]): Route => {
  const keySet = { keys: keys.map(publicJwk) }
  return {
    method: 'get',
    path: '/.well-known/jwks.json',
    guard: open,
    handle: [(_req, res) => sendJson(res, 200, keySet)],
  }
}
