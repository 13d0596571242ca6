import { open, Problem, type Route, sendSeeOther } from '@auth-pair/service'
import { judgeRequest } from './authorization-request.ts'
import type { Codes } from './codes.ts'
import type { AuthorizationNeeds } from './index.ts'

const signInPath = '/sign-in'

/**
 * Sends a browser back to a front end with a code, or to the sign-in first. The guard is `open`: what opens this route is the refresh
 * token in the cookie, which is why it lies below /api, where that cookie goes.
 */
export const authorizeRoute = (needs: AuthorizationNeeds, codes: Codes): Route => {
  const { issuer, refreshByCookie, createChildId, cameFrom } = needs
  const returnAddresses = new Set(needs.returnAddresses)

  // RFC 9207: the front end can tell which server has answered
  const answer = (returnAddress: string, parameters: Record<string, string | undefined>): string => {
    const given = Object.entries({ ...parameters, iss: issuer }).filter(([, value]) => value !== undefined)
    return `${returnAddress}?${new URLSearchParams(given as [string, string][])}`
  }

  return {
    method: 'get',
    path: '/api/authorize',
    guard: open,
    handle: [
      async (req, res) => {
        const { search, searchParams } = new URL(req.url, 'http://x')
        const request = judgeRequest(searchParams, returnAddresses)
        if (request.kind === 'address-unknown') throw new Problem('return-address-unknown')
        const { returnAddress, state } = request
        if (request.kind === 'faulty') {
          const { error, description } = request.fault
          return sendSeeOther(res, answer(returnAddress, { error, error_description: description, state }))
        }
        const refreshed = await refreshByCookie(req, res)
        if (!refreshed) return sendSeeOther(res, `${signInPath}${search}`)
        const { userId, sessionId: parentId } = refreshed.session
        const { ip, device } = cameFrom(req)()
        const code = await codes.create({
          userId,
          parentId,
          sessionId: createChildId(parentId),
          returnAddress,
          challenge: request.challenge,
          clientId: request.clientId,
          ip,
          device,
        })
        sendSeeOther(res, answer(returnAddress, { code, state }), refreshed.headers)
      },
    ],
  }
}
