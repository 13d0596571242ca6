import { setTimeout as wait } from 'node:timers/promises'
import type { Model, ModelSession, ModelUser } from './model.ts'
import type { Operations } from './operations.ts'
import type { Random } from './random.ts'
import type { Server } from './server.ts'

export interface Load {
  /** Ends the arrivals, and resolves when the last operation has ended. */
  stop(): Promise<void>
}

interface LoadNeeds {
  readonly operations: Operations
  readonly model: Model
  readonly random: Random
  readonly servers: readonly Server[]
  /** Arrivals a second; 0 for nobody. */
  readonly rate: number
}

/** How often each operation is wanted, out of a thousand arrivals. */
const mix = {
  verify: 625,
  refresh: 150,
  signIn: 75,
  signOut: 30,
  signUp: 20,
  list: 15,
  whoAmI: 15,
  guess: 10,
  signOutEverywhere: 10,
  changePassword: 10,
  makeToken: 10,
  useToken: 20,
  revokeToken: 5,
  disable: 5,
} as const

type Wanted = keyof typeof mix

/** API tokens want a sign-in of the last ten minutes. */
const recentMs = 9 * 60_000

/**
 * An open loop: clients come at a constant rate, whatever became of those before them, so that a server that stalls is seen
 * to stall. Who comes with what is drawn from the seed.
 */
export const startLoad = ({ operations, model, random, servers, rate }: LoadNeeds): Load => {
  const deck = Object.entries(mix).flatMap(([wanted, share]) => Array<Wanted>(share).fill(wanted as Wanted))
  const inFlight = new Set<Promise<unknown>>()
  let stopped = false

  const anyServer = () => random.pick(servers) as Server
  const anySession = (wanted: (session: ModelSession) => boolean): ModelSession | undefined => {
    // looking at all of them would favour nobody, and take long
    for (let tries = 0; tries < 20; tries++) {
      const session = random.pick(model.sessions)
      if (session && wanted(session)) return session
    }
    return undefined
  }
  /** Of a few, the user with the fewest sessions: nobody is to run into the most that one may have. */
  const anyUser = (): ModelUser | undefined =>
    [0, 1, 2]
      .map(() => random.pick(model.users))
      .filter(user => user !== undefined && user.account !== 'asking' && (!user.disabled || random.chance(0.1)))
      .sort((a, b) => (a?.sessions ?? 0) - (b?.sessions ?? 0))[0]

  const free = ({ busy, state }: ModelSession) => !busy && state === 'live'
  const valid = ({ expires }: ModelSession) => expires > Date.now() + 10_000
  /** Now and then one that is over: it must stay so. */
  const live = ({ state, busy }: ModelSession) => !busy && (state === 'live' || random.chance(0.05))

  const arrive = (wanted: Wanted, intended: number): Promise<unknown> | undefined => {
    if (wanted === 'signUp') {
      // one whose answer never came is asked again, by signing in
      return operations.signUp(anyServer(), model.newUser(), intended)
    }
    if (wanted === 'signIn' || wanted === 'guess') {
      const user = anyUser()
      if (user?.account === 'asked' && wanted === 'signIn' && random.chance(0.5)) {
        return operations.signUp(anyServer(), user, intended)
      }
      return user && operations[wanted](anyServer(), user, intended)
    }
    if (wanted === 'disable') {
      const user = anyUser()
      return user?.account === 'there' && !user.disabled ? operations.disable(user, intended) : undefined
    }
    if (wanted === 'verify') {
      const session = anySession(each => live(each) && valid(each))
      return session && operations.verify(session, intended)
    }
    if (wanted === 'useToken') {
      const token = random.pick(model.tokens)
      return token && operations.useToken(token, intended)
    }
    if (wanted === 'revokeToken') {
      const token = random.pick(model.tokens.filter(({ state }) => state === 'live'))
      const session = model.sessions.find(each => each.user === token?.user && free(each) && valid(each))
      return token && session && operations.revokeToken(anyServer(), session, token, intended)
    }
    const session = anySession(wanted === 'refresh' ? live : free)
    if (!session || (wanted !== 'refresh' && wanted !== 'signOut' && !valid(session))) return undefined
    if (wanted === 'makeToken' && performance.now() - session.openedAt > recentMs) return undefined
    // whoever does not know which password it is does not change it
    if (wanted === 'changePassword' && (session.user.changing || session.user.passwords.length > 1)) return undefined
    if (wanted === 'refresh' && random.chance(0.2)) {
      // two tabs of one browser
      return Promise.all(servers.map(server => operations.refresh(server, session, intended)))
    }
    return operations[wanted](anyServer(), session, intended)
  }

  const run = async () => {
    const began = performance.now()
    for (let arrivals = 0; !stopped && rate > 0; arrivals++) {
      const intended = began + (arrivals * 1000) / rate
      const early = intended - performance.now()
      if (early > 0) await wait(early)
      const operation = arrive(random.pick(deck) as Wanted, intended)
      if (!operation) continue
      inFlight.add(operation)
      operation.finally(() => inFlight.delete(operation))
    }
  }
  const running = run()

  return {
    stop: async () => {
      stopped = true
      await running
      await Promise.all(inFlight)
    },
  }
}
