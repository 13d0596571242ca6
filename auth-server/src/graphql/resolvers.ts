import type { Problem } from '@auth-pair/service'
import { GraphQLScalarType } from 'graphql'
import { DateTimeResolver } from 'graphql-scalars'
import { mutationResponse } from './mutation-response.ts'
import type { Exchanged, GraphqlNeeds } from './needs.ts'

/** What every resolver is handed along with its arguments. */
export interface Context extends Exchanged {
  /** Takes down that something was refused, though the answer is not an error of GraphQL. */
  readonly refused: (problem: Problem) => void
}

/** The library's, in the words of the schema. */
const DateTime = new GraphQLScalarType({ ...DateTimeResolver.toConfig(), description: 'A moment in RFC 3339, UTC.' })

interface Credentials {
  readonly email: string
  readonly password: string
  readonly challenge?: string | null
}

type Resolver<Arguments = object> = (source: unknown, args: Arguments, context: Context) => unknown

/** Each operation calls what the route of REST calls, and only puts the answer into another form. */
export const createResolvers = (needs: GraphqlNeeds) => {
  const logout: Resolver = async (_source, _args, context) => {
    await needs.signOut(context)
    return true
  }
  const refresh: Resolver = async (_source, _args, context) => (await needs.refresh(context, 'fixed')).accessToken
  const signUp: Resolver<Credentials> = async (_source, args, context) => {
    const { user, tokens } = await needs.signUp(input(args), context)
    return { user, ...tokens }
  }
  const signIn: Resolver<Credentials> = async (_source, args, context) => {
    const { user, tokens } = await needs.signIn(input(args), context, 'body')
    return { user, ...tokens }
  }
  const register: Resolver<Credentials> = (_source, args, context) =>
    mutationResponse(
      201,
      async () => {
        await needs.register(input(args), context)
        return null
      },
      context.refused,
    )
  const login: Resolver<Credentials> = (_source, args, context) =>
    mutationResponse(
      200,
      async () => {
        const { tokens } = await needs.signIn(input(args), context, 'fixed')
        return JSON.stringify({ access_token: tokens.accessToken, refresh_token: tokens.refreshToken })
      },
      context.refused,
    )
  const me = onceARequest(async ({ req }) => needs.whoAmI((await needs.whoAsks(req)).sub))
  const sessions = onceARequest(async ({ req }) => needs.listSessions(await needs.whoAsks(req)))
  const refreshTokens: Resolver = (_source, _args, context) => needs.refresh(context, 'body')

  const older = needs.policy.login ? { Query: { refresh }, Mutation: { login, refresh } } : {}
  return {
    DateTime,
    Query: { me, sessions, logout, ...older.Query },
    Mutation: { signUp, signIn, refreshTokens, signOut: logout, register, logout, ...older.Mutation },
  }
}

/** A field that is asked for by several names is read once. */
const onceARequest = (read: (context: Context) => Promise<unknown>): Resolver => {
  const reading = new WeakMap<Context, Promise<unknown>>()
  return (_source, _args, context) => {
    const answer = reading.get(context) ?? read(context)
    reading.set(context, answer)
    return answer
  }
}

/** An argument that is null is one that is left out. */
const input = ({ email, password, challenge }: Credentials) => ({
  email,
  password,
  ...(typeof challenge === 'string' && { challenge }),
})
