/** Servers with limits at work, and what tests of limits say of their answers. */
import type { Answer } from './drivers.ts'
import { freshAddress, startAuthServer, type TestServer } from './index.ts'

/** Ten guesses; whatever else a test is about it narrows. */
export const limits = {
  GUESSES_FREE: '10',
  LIMIT_SIGN_INS: '1000000/1000',
  LIMIT_SIGN_UPS: '1000000/1000',
  LIMIT_FREE_SIGN_UPS: '1000000/1000',
  // so that a test can come from any address
  TRUSTED_PROXIES: '127.0.0.1',
} as const

/** Starts servers that a test needs for itself; `closeAll` is for after each test. */
export const createLimitedServers = () => {
  const servers: TestServer[] = []
  return {
    start: async (settings: Record<string, string> = {}, clocks: { sessionNow?: () => number } = {}) => {
      const server = await startAuthServer({ ...limits, ...settings }, clocks)
      servers.push(server)
      return server
    },
    closeAll: async () => {
      for (const server of servers.splice(0)) await server.close()
    },
  }
}

/** As if the request came from this address. */
export const from = (address = freshAddress()): Record<string, string> => ({ 'X-Forwarded-For': address })

/** The statuses of requests that are sent one after the other. */
export const statuses = async (
  count: number,
  send: (i: number) => PromiseLike<{ readonly status: number }>,
): Promise<number[]> => {
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push((await send(i)).status)
  return all
}

export const repeated = (status: number, count: number): number[] => Array.from({ length: count }, () => status)

/** All of an answer but what differs between any two: the date, and the request id, which may be a character longer than the next. */
export const looksOf = ({ res }: Answer) => {
  const { date, 'x-request-id': id, 'content-length': length, ...headers } = res.headers as Record<string, string>
  return {
    status: res.status,
    headers,
    text: res.text.replace(String(id), ''),
    length: length === undefined ? undefined : Number(length) - (res.text.includes(String(id)) ? String(id).length : 0),
  }
}
