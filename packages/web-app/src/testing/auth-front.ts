/** The auth-server behind a front that speaks the contract of sign-in by redirect, counts, and can be told to fail. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createVerifierTokenCheck } from '@auth-pair/access-token/pair'
import { secrets, signUp, type TestServer } from '@auth-pair/auth-server/testing'

export const client = { clientId: 'app:one', clientSecret: 'a secret & of % its own, of enough bytes' }

type Answer = (req: IncomingMessage, res: ServerResponse) => unknown

interface Code {
  readonly challenge: string
  readonly redirectUri: string
  readonly refreshToken: string
  readonly accessToken: string
}

export interface AuthFront {
  readonly url: string
  /** The id of the user who signed in last. */
  readonly userId: () => string
  /** How many requests there were for a path. */
  count(path: string): number
  /** What the last request for the tokens carried in `Authorization`. */
  readonly tokenAuthorization: () => string
  /** Answers requests for a path in the place of the server, so many times. */
  answer(path: string, answer: Answer, times?: number): void
  /** Takes all such answers back. */
  relent(): void
  close(): Promise<void>
}

export const startAuthFront = async (server: TestServer, now: () => number = Date.now): Promise<AuthFront> => {
  const counts = new Map<string, number>()
  const planned: { path: string; answer: Answer; left: number }[] = []
  const codes = new Map<string, Code>()
  const check = createVerifierTokenCheck({ secrets: [secrets.JWT_ACCESS_SECRET], issuer: 'http://localhost:3000', now })
  let [userId, tokenAuthorization] = ['', '']

  const authorize = async (query: URLSearchParams, res: ServerResponse) => {
    const { user, accessToken, refreshToken } = await signUp(server)
    userId = user.id
    const code = randomBytes(32).toString('base64url')
    const [redirectUri, challenge] = [query.get('redirect_uri') ?? '', query.get('code_challenge') ?? '']
    codes.set(code, { challenge, redirectUri, accessToken, refreshToken })
    const back = new URLSearchParams({ code, state: query.get('state') ?? '', iss: 'http://localhost:3000' })
    res.writeHead(303, { Location: `${redirectUri}?${back}` }).end()
  }

  const isKnown = (authorization: string): boolean => {
    const basic = `${encodeURIComponent(client.clientId)}:${encodeURIComponent(client.clientSecret).replaceAll('%20', '+')}`
    if (authorization === `Basic ${Buffer.from(basic).toString('base64')}`) return true
    return check(authorization.replace(/^Bearer /, '')) !== undefined
  }

  const token = async (req: IncomingMessage, res: ServerResponse) => {
    tokenAuthorization = req.headers.authorization ?? ''
    const form = new URLSearchParams(await text(req))
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isRight =
      form.get('grant_type') === 'authorization_code' &&
      code?.challenge === challenge &&
      code.redirectUri === form.get('redirect_uri')
    if (!isKnown(tokenAuthorization)) return problem(401, 'client-authentication-required', 'invalid_client')(req, res)
    if (!isRight) return problem(400, 'invalid-input', 'invalid_grant')(req, res)
    const { accessToken: access_token, refreshToken: refresh_token } = code
    res.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' })
    res.end(JSON.stringify({ access_token, token_type: 'Bearer', expires_in: 300, refresh_token }))
  }

  const pass = (req: IncomingMessage, res: ServerResponse) => {
    const onward = request(new URL(req.url ?? '/', server.url), { method: req.method, headers: req.headers }, reply => {
      res.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(res)
    })
    onward.on('error', () => res.destroy())
    req.pipe(onward)
  }

  const http = createServer(async (req, res) => {
    const { pathname: path, searchParams } = new URL(req.url ?? '', 'http://x')
    counts.set(path, (counts.get(path) ?? 0) + 1)
    const plan = planned.find(each => each.path === path && each.left > 0)
    if (plan) {
      plan.left--
      return plan.answer(req, res)
    }
    if (path === '/api/authorize') return authorize(searchParams, res)
    if (path === '/api/token') return token(req, res)
    pass(req, res)
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')

  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    userId: () => userId,
    count: path => counts.get(path) ?? 0,
    tokenAuthorization: () => tokenAuthorization,
    answer: (path, answer, times = 1) => void planned.push({ path, answer, left: times }),
    relent: () => void planned.splice(0),
    close: async () => {
      http.closeAllConnections()
      await new Promise(resolve => http.close(resolve))
    },
  }
}

/** An answer with a problem, as the pair's servers and their proxies give it. */
export const problem =
  (status: number, code: string, error?: string): Answer =>
  (_req, res) => {
    res.writeHead(status, { 'Content-Type': 'application/problem+json' })
    res.end(JSON.stringify({ status, code, title: code, error }))
  }

/** An answer that gets lost: the server has done it, and the connection ends in its place. */
export const lost =
  (server: TestServer): Answer =>
  (req, res) => {
    const onward = request(
      new URL(req.url ?? '/', server.url),
      { method: req.method, headers: req.headers },
      async reply => {
        await text(reply)
        res.destroy()
      },
    )
    req.pipe(onward)
  }

/** Never answers. */
export const silence: Answer = () => {}
