import { open, Problem, type Route, sendJson } from '@auth-pair/service'
import { type ChallengeAction, type ChallengeKind, challengeActions } from './kind.ts'

export const showChallenge = (issue: ChallengeKind['issue']): Route => ({
  method: 'get',
  path: '/api/challenge',
  guard: open,
  handle: [async (req, res) => sendJson(res, 200, await issue(actionOf(req.url)))],
})

const actionOf = (url: string): ChallengeAction => {
  const { search } = new URL(url, 'http://x')
  const action = challengeActions.find(name => search === `?action=${name}`)
  if (action) return action
  const message = `Say ${challengeActions.map(name => `?action=${name}`).join(' or ')}.`
  throw new Problem('invalid-input', { errors: [{ path: 'action', message }] })
}
