import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'

const password = 'correct horse battery'

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}
interface SignedUp extends Tokens {
  readonly email: string
  readonly userId: string
}

const post = async (url: string, body: object) => {
  const headers = { 'Content-Type': 'application/json' }
  const res = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: res.status, text: await res.text() }
}
const get = async (url: string, token: string) => {
  const res = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  return { status: res.status, text: await res.text() }
}

/** The status with which a server answers a token. */
export const statusOf = async (url: string, token: string): Promise<number> => (await get(url, token)).status

export const headerOf = (token: string): { alg: string; kid: string } =>
  JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString())

export const signUp = async (authUrl: string): Promise<SignedUp> => {
  const email = `ada-${randomUUID()}@example.com`
  const { status, text } = await post(`${authUrl}/api/signup`, { email, password, tokenTransport: 'body' })
  if (status !== 201) throw new Error(`sign-up: ${status} ${text}`)
  const { user, ...tokens } = JSON.parse(text)
  return { ...tokens, email, userId: user.id }
}

export const signOut = async (authUrl: string, refreshToken: string): Promise<number> =>
  (await post(`${authUrl}/api/signout`, { refreshToken })).status

/** People who sign in, refresh, and use both kinds of server all the time. What is not the right answer is written down. */
export const startPeople = (count: number, { authUrl, serviceUrl }: { authUrl: string; serviceUrl: string }) => {
  const failures: unknown[] = []
  const inUse = new Map<number, string>()
  let served = 0
  let going = true
  const check = (what: string, isRight: boolean, answer: unknown): boolean => {
    if (isRight) served++
    else failures.push([what, answer])
    return isRight
  }

  const live = async (number: number) => {
    const { email, userId, ...first } = await signUp(authUrl)
    let tokens: Tokens = first
    const take = async (path: string, body: object) => {
      const res = await post(`${authUrl}${path}`, body)
      if (check(path, res.status === 200, res)) tokens = JSON.parse(res.text)
    }
    for (let turn = 1; going; turn++, await wait(20)) {
      const { accessToken, refreshToken } = tokens
      inUse.set(number, headerOf(accessToken).kid)
      for (const url of [`${authUrl}/api/auth/user`, `${serviceUrl}/api/restricted`]) {
        const res = await get(url, accessToken)
        check(url, res.status === 200 && JSON.parse(res.text).user.id === userId, [res, headerOf(accessToken)])
      }
      if (turn % 50 === 0) await take('/api/signin', { email, password, tokenTransport: 'body' })
      else if (turn % 5 === 0) await take('/api/refresh', { refreshToken })
    }
    // the session of the beginning is still there
    await take('/api/refresh', { refreshToken: first.refreshToken })
  }
  const people = Array.from({ length: count }, (_, i) => live(i).catch(error => failures.push(String(error))))

  return {
    failures,
    /** Resolves when everybody uses a token that this key has signed: those of another could as well have expired. */
    untilAllUse: async (kid: string) => {
      for (let i = 0; [...inUse.values()].some(used => used !== kid); i++) {
        if (i > 200) throw new Error(`not everybody has a token of ${kid}: ${JSON.stringify(failures.slice(0, 5))}`)
        await wait(50)
      }
    },
    /** Resolves to how many answers were right. */
    stop: async () => {
      going = false
      await Promise.all(people)
      return served
    },
  }
}
