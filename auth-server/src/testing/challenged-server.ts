/** A server whose sign-up and sign-in are nothing but a challenge: 204 for those who have passed it. */
import { randomBytes } from 'node:crypto'
import { createService, jsonBody, open, type Route, sendNothing, validBody } from '@auth-pair/service'
import { memoryLog, serve } from '@auth-pair/service/testing'
import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import request from 'supertest'
import { type ChallengeAction, challengeField, createChallenges } from '../challenges/index.ts'
import type { ChallengePolicy } from '../challenges/policy.ts'
import type { RedisClient } from '../redis.ts'
import { testRedis } from './index.ts'

interface ChallengedNeeds {
  readonly policy: ChallengePolicy
  readonly secret?: string
  readonly redis?: RedisClient
  readonly now?: () => number
}

/** Little work, so that a suite ends soon. */
export const altchaPolicy = { kind: 'altcha', lifeMs: 300_000, work: 20 } as const

export const startChallenged = async (needs: ChallengedNeeds) => {
  const { policy, secret = randomBytes(48).toString('base64'), redis = testRedis(), now = Date.now } = needs
  const { log, lines, text } = memoryLog()
  const challenges = createChallenges({ policy, secret, redis, log, now })
  const asks = (action: ChallengeAction): Route => ({
    method: 'post',
    path: `/${action}`,
    guard: open,
    handle: [
      jsonBody,
      validBody({ challenge: challengeField() }),
      async (req, res) => {
        await challenges.check(action, req.body.challenge, { ip: req.ip })
        sendNothing(res)
      },
    ],
  })
  const routes = [...challenges.routes, asks('sign-up'), asks('sign-in')]
  const server = await serve(createService({ routes, log, https: false, corsOrigins: [], trustedProxies: [] }))
  const http = request(server.url)

  return {
    url: server.url,
    challenges,
    lines,
    logText: text,
    http,
    /** A challenge as it is given out. */
    issued: async (action: ChallengeAction): Promise<Challenge> =>
      (await http.get(`/api/challenge?action=${action}`)).body,
    /** What an answer to this solution says: 204, or the code of a problem. */
    send: async (action: ChallengeAction, challenge?: unknown): Promise<number | string> => {
      const res = await http.post(`/${action}`).send({ challenge })
      return res.body.code ?? res.status
    },
    close: async () => {
      await server.close()
      redis.disconnect()
    },
  }
}

export type ChallengedServer = Awaited<ReturnType<typeof startChallenged>>

/** As the widget writes a solution. */
export const written = (solved: object): string => Buffer.from(JSON.stringify(solved)).toString('base64')

export const solve = async (challenge: Challenge) => {
  const solution = await solveChallenge({ challenge, deriveKey })
  if (!solution) throw new Error('not solved in time')
  return { challenge: { parameters: challenge.parameters, signature: challenge.signature ?? '' }, solution }
}
