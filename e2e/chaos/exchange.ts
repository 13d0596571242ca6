import type { Outcome } from './events.ts'

/** What came of one request. */
export interface Exchange {
  readonly outcome: Outcome
  /** 0 when there was no answer. */
  readonly status: number
  readonly error?: string
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  /** The cookies that it set, by name. */
  readonly cookies: ReadonlyMap<string, string>
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: string
  readonly bearer?: string
  readonly cookie?: string
  readonly body?: Readonly<Record<string, unknown>>
}

/** Longer than any server may take, in milliseconds. */
const patienceMs = 15_000

/** Sends a request once and waits for whatever comes of it; never throws. */
export const exchange = async ({ method, url, bearer, cookie, body }: Request): Promise<Exchange> => {
  try {
    const res = await fetch(url, {
      method,
      headers: {
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
        ...(cookie !== undefined && { Cookie: cookie }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    })
    const text = await res.text()
    const cookies = new Map(res.headers.getSetCookie().map(readCookie))
    return { outcome: outcomeOf(res.status), status: res.status, text, body: readBody(text), cookies }
  } catch (thrown) {
    const error = nameOf(thrown)
    // nobody listened, so nobody has heard of it
    const outcome = error === 'ECONNREFUSED' ? 'fail' : 'unknown'
    return { outcome, status: 0, error, text: '', body: {}, cookies: new Map() }
  }
}

/** A fault may have been one after the work was done. */
export const outcomeOf = (status: number): Outcome => {
  if (status >= 200 && status < 300) return 'ok'
  return status >= 500 ? 'unknown' : 'fail'
}

const readBody = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

const readCookie = (header: string): [string, string] => {
  const [pair = ''] = header.split(';', 1)
  const equals = pair.indexOf('=')
  return [pair.slice(0, equals), pair.slice(equals + 1)]
}

const nameOf = (thrown: unknown): string => {
  const { name, cause } = thrown as Error
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? name
}
