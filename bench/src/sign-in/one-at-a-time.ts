import { once } from 'node:events'
import { Agent, request } from 'node:http'

export interface TimedAnswer {
  readonly status: number
  readonly tookMs: number
  /** All of the answer but what differs between any two: the date, the request id, and what is left of a wait. */
  readonly looks: string
}

/** Signs in on one connection, one after the other, and times each answer to its last byte. */
export const createTimedSignIn = (port: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    signIn: async (email: string, password: string): Promise<TimedAnswer> => {
      const body = JSON.stringify({ email, password })
      const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
      const began = performance.now()
      const req = request({ method: 'POST', port, path: '/api/signin', headers, agent, host: '127.0.0.1' })
      req.end(body)
      const [res] = await once(req, 'response')
      let text = ''
      for await (const chunk of res) text += chunk
      const tookMs = performance.now() - began
      return { status: res.statusCode, tookMs, looks: looksOf(res.statusCode, res.rawHeaders, text) }
    },
    close: () => agent.destroy(),
  }
}

const varying = /^(date|x-request-id|retry-after|ratelimit|content-length)$/i

const looksOf = (status: number, headers: readonly string[], body: string): string => {
  const kept = headers
    .filter((_, i) => i % 2 === 0)
    .map((name, i) => `${name}: ${varying.test(name) ? '' : headers[2 * i + 1]}`)
  return [status, ...kept, body.replace(/"requestId":"[^"]*"/, '')].join('\n')
}
