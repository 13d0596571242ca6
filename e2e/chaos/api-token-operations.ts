import type { Model, ModelSession, ModelToken } from './model.ts'
import type { OperationsNeeds } from './operations.ts'
import type { Performed } from './perform.ts'
import { http } from './requests.ts'
import type { Server } from './server.ts'

/** What people do with API tokens: make them, use them at a service, revoke them. */
export const createApiTokenOperations = ({
  perform,
  model,
  verifier,
}: Pick<OperationsNeeds, 'perform' | 'verifier'> & { readonly model: Model }) => {
  const useToken = ({ id, user, token }: ModelToken, intended?: number): Promise<Performed> =>
    perform({
      ...{ kind: 'use-token', server: verifier.name, user, apiToken: id },
      ...(intended !== undefined && { intended }),
      send: http(verifier, { method: 'GET', path: '/api/restricted', bearer: token }),
    })

  return {
    useToken,
    makeToken: async (server: Server, session: ModelSession, intended: number) => {
      const { user, accessToken: bearer } = session
      const body = { name: 'chaos', expiresInDays: 1 }
      const send = http(server, { method: 'POST', path: '/api/tokens', bearer, body })
      const asked = { server: server.name, user, session, intended, presents: 'access token', send } as const
      const { body: made } = await perform({ kind: 'make-token', ...asked })
      if (typeof made.id !== 'string' || typeof made.token !== 'string') return
      const token: ModelToken = { id: made.id, user, token: made.token, state: 'live' }
      model.tokens.push(token)
      await useToken(token)
    },
    revokeToken: (server: Server, session: ModelSession, token: ModelToken, intended: number) => {
      token.state = 'leaving'
      const { user, accessToken: bearer } = session
      const send = http(server, { method: 'DELETE', path: `/api/tokens/${token.id}`, bearer })
      const asked = { server: server.name, user, session, intended, presents: 'access token', send } as const
      return perform({ kind: 'revoke-token', ...asked, apiToken: token.id })
    },
  }
}
