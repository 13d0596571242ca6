/** An auth-server as far as its introspection goes. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Question {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly type: string | undefined
  readonly authorization: string | undefined
  readonly body: string
}

export const issuer = 'https://login.example.com'
export const audience = 'auth-pair'

/** What it says of an active token, unless told otherwise. */
export const activeAnswer = (change: Record<string, unknown> = {}) => ({
  ...{ active: true, token_type: 'Bearer', iss: issuer, aud: audience, sub: 'u1' },
  ...{ sid: 'AAAAAQAAAAAAAAAAAAAAAA', jti: 'AAAAAQAAAAAAAAAAAAAAAA', iat: 1_700_000_000, ...change },
})

/** Answers each question with what `said` holds, or as `answer` does. `questions` are those that came. */
export const startIntrospecting = async () => {
  const questions: Question[] = []
  const asked = {
    questions,
    said: activeAnswer() as unknown,
    answer: undefined as RequestListener | undefined,
  }
  const server = createServer(async (req, res) => {
    const { method, url: path, headers } = req
    const { 'content-type': type, authorization } = headers
    questions.push({ method, path, type, authorization, body: await text(req) })
    if (asked.answer) asked.answer(req, res)
    else res.setHeader('Content-Type', 'application/json').end(JSON.stringify(asked.said))
  })
  let connections = 0
  server.on('connection', () => connections++)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(asked, {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

export type IntrospectingServer = Awaited<ReturnType<typeof startIntrospecting>>
