import { setTimeout as wait } from 'node:timers/promises'
import type { Lab } from '../experiment.ts'
import { faultExperiment, needRedis } from '../fault.ts'
import { scriptHash } from './script-hash.ts'

/** Loses the answer to one turn, and asks again with the same token, in two tabs. Resolves to whether an answer was lost. */
const loseOne = async ({ stack, operations, model, random }: Lab): Promise<boolean> => {
  const session = random.pick(model.sessions.filter(({ state, busy }) => state === 'live' && !busy))
  if (!session) return false
  const first = random.below(2)
  const proxy = stack.proxies.redis[first]
  const sprung = proxy?.loseReply(new RegExp(scriptHash('rotate-1.lua')))
  await operations.refresh(first === 0 ? stack.a1 : stack.a2, session, performance.now())
  proxy?.disarm()
  await Promise.all([stack.a1, stack.a2].map(server => operations.refresh(server, session, performance.now())))
  return (sprung?.() ?? 0) > 0
}

export const lostTurns = faultExperiment({
  id: 'E17',
  title: 'Redis turns refresh tokens, and its answers are lost, for 20 s',
  inShort: true,
  stack: { proxied: true },
  lasts: [20, 6],
  break: () => {},
  meanwhile: async (lab, isOver) => {
    let lost = 0
    while (!isOver()) {
      if (await loseOne(lab)) lost++
      await wait(200)
    }
    lab.note(`${lost} answers were lost`)
    lab.expect('answers were lost', lost >= (lab.short ? 4 : 20), String(lost))
  },
  heal: () => {},
  mayFail: needRedis,
  answersWithinMs: 3000,
  recoversWithinMs: 2000,
})
