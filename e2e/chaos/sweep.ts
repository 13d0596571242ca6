import type { Model } from './model.ts'
import type { Operations } from './operations.ts'
import type { Server } from './server.ts'

/** In the end every client comes once more: each session is refreshed, each API token used, and every user signs in. What is said then settles what was unknown. */
export const sweep = async (operations: Operations, model: Model, servers: readonly Server[]): Promise<void> => {
  const tasks = [
    ...model.sessions.map(session => (server: Server) => operations.refresh(server, session, performance.now())),
    ...model.tokens.map(token => () => operations.useToken(token, performance.now())),
    ...model.users.map(user => async (server: Server) => {
      // the older password first: when it is refused, the newer one has to be right
      for (const password of [...user.passwords].reverse()) {
        await operations.signIn(server, user, performance.now(), password)
      }
    }),
  ]
  const workers = servers.flatMap(server => [server, server, server, server])
  await Promise.all(
    workers.map(async server => {
      for (let task = tasks.pop(); task; task = tasks.pop()) await task(server)
    }),
  )
}
