import { createSessionStore } from '@auth-pair/auth-server/session-store'
import type { Redis } from 'ioredis'
import type { Death, Life } from './life.ts'
import { distinctChildren, previousAccepted, type Session, strictRotation, type Verdict } from './rules.ts'

/** A way to refresh that lives are played under. */
export interface Contender {
  readonly name: string
  play(life: Life): Death | undefined | Promise<Death | undefined>
}

/** Rules of others, as models. */
export const others: readonly Contender[] = (
  [
    ['strict rotation', strictRotation],
    ['previous always accepted, 10 s interval (as Supabase)', previousAccepted(10_000)],
    ['distinct children, 30 s for the parent', distinctChildren(30_000)],
    ['distinct children, nothing for the parent (as SuperTokens)', distinctChildren(0)],
  ] as const
).map(([name, open]) => ({ name, play: life => play(life, open()) }))

/** Plays a life under a model. */
export const play = (life: Life, session: Session): Death | undefined => {
  let step = life.next()
  while (!step.done) step = life.next(session(step.value))
  return step.value
}

/** This one: `rotate-1.lua` itself, through the server's own session store, on the Redis that is handed in. */
export const createRealScript = (redis: Redis): Contender & { calls(): number } => {
  const day = 86_400_000
  const policy = { idleMs: 5 * day, lifeMs: 30 * day, graceMs: 30_000, maxPerUser: 100 }
  const began = 1_800_000_000_000
  let clock = began
  let users = 0
  let calls = 0
  const store = createSessionStore({ redis, policy, now: () => clock })
  return {
    name: 'this one, 30 s (`rotate-1.lua`)',
    calls: () => calls,
    play: async life => {
      const user = `user-${users++}`
      clock = began
      await store.open(user, 'session', '- bench')
      let step = life.next()
      while (!step.done) {
        const { token, at } = step.value
        // many lives go on at once; the store reads the clock before it lets another one on
        clock = began + at
        calls++
        step = life.next(toVerdict(await store.rotate(user, 'session', token)))
      }
      await store.end(user, 'session')
      return step.value
    },
  }
}

const toVerdict = (rotation: Awaited<ReturnType<ReturnType<typeof createSessionStore>['rotate']>>): Verdict => {
  if (rotation.kind === 'ended') throw new Error('a session was gone without a reuse')
  return rotation.kind === 'reused' ? rotation : { kind: 'rotated', token: rotation.generation }
}
