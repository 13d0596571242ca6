import { createApiTokenOperations } from './api-token-operations.ts'
import type { Exchange } from './exchange.ts'
import { type Model, type ModelSession, type ModelUser, passwordOf } from './model.ts'
import type { Perform, Performed } from './perform.ts'
import type { Random } from './random.ts'
import { entering, http, presenting, type Transport } from './requests.ts'
import type { Server } from './server.ts'

export interface OperationsNeeds {
  readonly perform: Perform
  readonly model: Model
  readonly random: Random
  readonly verifier: Server
  /** Disables an account, as an operator does. */
  readonly disable: (email: string) => Promise<Exchange>
}

/** Everything that the clients do, each with what they make of the answer. */
export type Operations = ReturnType<typeof createOperations>

export const createOperations = ({ perform, model, random, verifier, disable }: OperationsNeeds) => {
  const verify = (session: ModelSession, intended?: number): Promise<Performed> =>
    perform({
      ...{ kind: 'verify', server: verifier.name, user: session.user, session, presents: 'access token' },
      ...(intended !== undefined && { intended }),
      send: http(verifier, { method: 'GET', path: '/api/restricted', bearer: session.accessToken }),
    })

  /** A client takes the tokens of an answer, and uses them at once. */
  const take = async (session: ModelSession, { tokens, accessToken, refreshToken }: Performed) => {
    session.accessToken = accessToken ?? session.accessToken
    session.refreshToken = refreshToken ?? session.refreshToken
    session.expires = tokens.expires ?? session.expires
    await verify(session)
  }

  const open = async (user: ModelUser, transport: Transport, answer: Performed) => {
    const { session: id, sub, expires = 0 } = answer.tokens
    const { accessToken, refreshToken } = answer
    if (id === undefined || accessToken === undefined || refreshToken === undefined) return
    user.account = 'there'
    user.id ??= sub ?? ''
    user.sessions++
    const opened = { id, user, transport, openedAt: performance.now() }
    const session: ModelSession = { ...opened, refreshToken, accessToken, expires, state: 'live', busy: true }
    model.sessions.push(session)
    await verify(session)
    session.busy = false
  }

  const enter = async (
    kind: 'sign-up' | 'sign-in',
    server: Server,
    user: ModelUser,
    intended: number,
    password = kind === 'sign-up' ? 0 : (random.pick(user.passwords) ?? 0),
  ) => {
    const transport: Transport = random.pick(['cookie', 'body', 'graphql'] as const) ?? 'body'
    const send = entering(server, kind, transport, { email: user.email, password: passwordOf(user, password) })
    const answer = await perform({ kind, server: server.name, user, intended, password, send })
    if (answer.outcome === 'ok') {
      // an older one may still be followed by the change that was not answered
      if (password === user.passwords[0]) user.passwords = [password]
      await open(user, transport, answer)
    }
    if (answer.status === 409) user.account = 'there'
    if (user.account === 'asking') user.account = 'asked'
  }

  /** Presents the refresh token, and lets go of the session when the server says that it is over. */
  const present = async (kind: 'refresh' | 'sign-out', server: Server, session: ModelSession, intended: number) => {
    session.busy = true
    const { transport, refreshToken, user } = session
    if (kind === 'sign-out' && session.state === 'live') session.state = 'leaving'
    const answer = await perform({
      kind,
      server: server.name,
      user,
      session,
      intended,
      presents: 'refresh token',
      send: presenting(server, kind, transport, refreshToken),
    })
    if (kind === 'refresh' && answer.outcome === 'ok') await take(session, answer)
    if ((kind === 'refresh' && answer.status === 401) || (kind === 'sign-out' && answer.outcome === 'ok')) {
      session.state = 'over'
    }
    session.busy = false
  }

  const asUser =
    (kind: 'list' | 'who-am-i' | 'sign-out-everywhere', method: 'GET' | 'DELETE', path: string) =>
    (server: Server, session: ModelSession, intended: number): Promise<Performed> => {
      const send = http(server, { method, path, bearer: session.accessToken })
      const { user } = session
      return perform({ kind, server: server.name, user, session, intended, presents: 'access token', send })
    }
  const endingAllOf = async (user: ModelUser, end: () => Promise<Performed>): Promise<Performed> => {
    const affected = model.sessions.filter(session => session.user === user && session.state === 'live')
    for (const each of affected) each.state = 'leaving'
    const answer = await end()
    if (answer.outcome === 'ok') for (const each of affected) each.state = 'over'
    if (answer.outcome === 'fail') for (const each of affected) if (each.state === 'leaving') each.state = 'live'
    return answer
  }
  const endAll = asUser('sign-out-everywhere', 'DELETE', '/api/sessions')

  const changePassword = async (server: Server, session: ModelSession, intended: number) => {
    const { user } = session
    const [password] = user.passwords
    const transport = random.pick(['cookie', 'body'] as const) ?? 'body'
    const body = {
      currentPassword: passwordOf(user, password),
      newPassword: passwordOf(user, password + 1),
      tokenTransport: transport,
    }
    const send = http(server, { method: 'POST', path: '/api/password', bearer: session.accessToken, body })
    const asked = { server: server.name, user, session, intended, presents: 'access token', password, send } as const
    user.changing = true
    const answer = await endingAllOf(user, () => perform({ kind: 'change-password', ...asked }))
    user.changing = false
    if (answer.outcome === 'unknown') user.passwords = [password + 1, password]
    if (answer.outcome !== 'ok') return
    user.passwords = [password + 1]
    await open(user, transport, answer)
  }

  return {
    verify,
    ...createApiTokenOperations({ perform, model, verifier }),
    signUp: (server: Server, user: ModelUser, intended: number) => enter('sign-up', server, user, intended),
    /** With one of the passwords that it may be, or with that of this number. */
    signIn: (server: Server, user: ModelUser, intended: number, password?: number) =>
      enter('sign-in', server, user, intended, password),
    guess: (server: Server, user: ModelUser, intended: number) => {
      const body = { email: user.email, password: `${passwordOf(user, user.passwords[0])}!` }
      const send = http(server, { method: 'POST', path: '/api/signin', body })
      return perform({ kind: 'guess', server: server.name, user, intended, send })
    },
    refresh: (server: Server, session: ModelSession, intended: number) => present('refresh', server, session, intended),
    signOut: (server: Server, session: ModelSession, intended: number) =>
      present('sign-out', server, session, intended),
    list: asUser('list', 'GET', '/api/sessions'),
    whoAmI: asUser('who-am-i', 'GET', '/api/auth/user'),
    signOutEverywhere: (server: Server, session: ModelSession, intended: number) =>
      endingAllOf(session.user, () => endAll(server, session, intended)),
    changePassword,
    disable: (user: ModelUser, intended: number) => {
      user.disabled = true
      const send = () => disable(user.email)
      return endingAllOf(user, () => perform({ kind: 'disable', server: 'operator', user, intended, send }))
    },
  }
}
