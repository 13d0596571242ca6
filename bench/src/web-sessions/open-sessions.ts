import { createHmac, randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'

interface OpenNeeds {
  readonly url: string
  readonly redisUrl: string
  readonly sessionSecret: string
  readonly tokens: readonly string[]
}

const cookieOf = (port: string, sessionId: string, secret: string): string => {
  const signature = createHmac('sha256', secret).update(sessionId).digest('base64').replace(/=+$/, '')
  return `session-${port}=${encodeURIComponent(`s:${sessionId}.${signature}`)}`
}

/** Puts a session with each of these access tokens into Redis, as a sign-in does, and gives the cookies. */
export const openSessions = async ({ url, redisUrl, sessionSecret, tokens }: OpenNeeds): Promise<string[]> => {
  const redis = new Redis(redisUrl)
  const cookie = { originalMaxAge: null, expires: null, secure: false, httpOnly: true, path: '/', sameSite: 'lax' }
  const cookies = await Promise.all(
    tokens.map(async accessToken => {
      const sessionId = randomBytes(24).toString('base64url')
      const held = { accessToken, refreshToken: randomBytes(72).toString('base64url'), since: Date.now() }
      const value = `${JSON.stringify(held)}\n${JSON.stringify({ cookie })}`
      await redis.set(`web-session:${sessionId}`, value, 'EX', 1800)
      return cookieOf(new URL(url).port, sessionId, sessionSecret)
    }),
  )
  redis.disconnect()
  return cookies
}

/** Opens sessions at the server that the others are compared with, and gives the cookies. */
export const openPlainSessions = async (url: string, count: number): Promise<string[]> => {
  const cookies: string[] = []
  while (cookies.length < count) {
    const res = await fetch(`${url}/sign-in`, { method: 'POST' })
    cookies.push(res.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '')
  }
  return cookies
}
