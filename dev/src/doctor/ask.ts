import { request as requestByHttp } from 'node:http'
import { request as requestByHttps } from 'node:https'
import { inWords } from './in-words.ts'

export interface Request {
  readonly url: URL
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: object
  /** Of an answer that does not end: whether this much of it is enough. What has come when the time is over counts, too. */
  readonly enough?: (text: string) => boolean
}

export interface Answer {
  readonly status: number
  /** One header; several of a name are joined by commas. */
  header(name: string): string | undefined
  /** Each `Set-Cookie` as it came. */
  readonly setCookies: readonly string[]
  readonly text: string
  /** The body, when it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly sentAt: number
  readonly receivedAt: number
}

/** Rejects with Unanswered, RateLimited or Stopped. Redirects are answers. */
export type Ask = (request: Request) => Promise<Answer>

/** There was no answer. The message is a sentence for a person. */
export class Unanswered extends Error {}

/** 429: the server wants to be left alone. */
export class RateLimited extends Error {
  readonly retryAfter: string | undefined

  constructor(retryAfter: string | undefined) {
    super('answered 429')
    this.retryAfter = retryAfter
  }
}

/** The doctor itself was stopped, or has no time left. */
export class Stopped extends Error {}

interface AskNeeds {
  readonly signal: AbortSignal
  /** How long an answer may take, whole, in milliseconds. */
  readonly deadlineMs?: number
  readonly now?: () => number
}

/** The longest answer that is read, in characters. */
const maxAnswer = 1024 * 1024

/** Makes the function that asks once, on a connection of its own, and follows nothing. */
export const createAsk = ({ signal, deadlineMs = 5000, now = Date.now }: AskNeeds): Ask => {
  return ({ url, method = 'GET', headers = {}, body, enough }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Stopped())
      const deadline = AbortSignal.timeout(deadlineMs)
      const sent = body === undefined ? undefined : JSON.stringify(body)
      let finish: (() => void) | undefined
      const fail = (error: unknown) => {
        if (signal.aborted) reject(new Stopped())
        else if (deadline.aborted && enough && finish) finish()
        else if (deadline.aborted)
          reject(new Unanswered(`${url.host} has not answered ${url.pathname} within ${deadlineMs / 1000} s.`))
        else reject(error instanceof Unanswered ? error : new Unanswered(inWords(error, url)))
      }
      const sentAt = now()
      const req = (url.protocol === 'https:' ? requestByHttps : requestByHttp)(url, {
        method,
        agent: false,
        signal: AbortSignal.any([signal, deadline]),
        headers: {
          Accept: 'application/json, */*;q=0.1',
          'User-Agent': 'auth-pair-doctor',
          ...(sent !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(sent) }),
          ...headers,
        },
      })
      req.on('error', fail)
      req.on('response', res => {
        const receivedAt = now()
        let text = ''
        finish = () => {
          const header = (name: string) => {
            const value = res.headers[name.toLowerCase()]
            return value === undefined ? undefined : [value].flat().join(', ')
          }
          if (res.statusCode === 429) return reject(new RateLimited(header('Retry-After')))
          const { statusCode: status = 0 } = res
          const setCookies = res.headers['set-cookie'] ?? []
          resolve({ status, header, setCookies, text, json: jsonObject(text), sentAt, receivedAt })
        }
        res.setEncoding('utf8')
        res.on('data', (chunk: string) => {
          text += chunk
          if (text.length > maxAnswer)
            req.destroy(new Unanswered(`${url.host} answers ${url.pathname} without an end.`))
          if (enough?.(text)) {
            finish?.()
            req.destroy()
          }
        })
        res.on('end', finish)
        res.on('error', fail)
      })
      req.end(sent)
    })
}

const jsonObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
