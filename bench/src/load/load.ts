import { sendWithAutocannon } from './autocannon.ts'
import { hasWrk, sendWithWrk } from './wrk.ts'

export interface Load {
  readonly url: string
  readonly seconds: number
  /** Connections that are kept alive, with one request under way on each. */
  readonly connections: number
  /** GET without one. */
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** A header that each request has another value of: the next line of the file, and behind the last one the first. */
  readonly turns?: { readonly header: string; readonly file: string }
}

export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  readonly p99Ms: number
}

/** What sends, for the report. */
export const sender = hasWrk() ? 'wrk with one thread' : 'autocannon'

/** Sends requests as fast as they are answered, with wrk where it is installed. Throws when one is answered otherwise than 2xx or 3xx. */
export const sendLoad = (load: Load): Promise<LoadResult> => (hasWrk() ? sendWithWrk(load) : sendWithAutocannon(load))
