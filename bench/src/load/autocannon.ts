import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'
import type { Load, LoadResult } from './load.ts'

/** Sends from this process. It takes more of the machine than wrk, and so leaves less of it to the server. */
export const sendWithAutocannon = async (load: Load): Promise<LoadResult> => {
  const { url, seconds, connections, method = 'GET', headers = {}, body, turns } = load
  const values = turns === undefined ? [] : readFileSync(turns.file, 'utf8').split('\n').filter(Boolean)
  let i = 0
  const nextValue = (): Record<string, string> =>
    turns === undefined ? {} : { [turns.header]: values[i++ % values.length] ?? '' }
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    method,
    headers: { ...headers },
    ...(body !== undefined && { body }),
    ...(turns !== undefined && {
      requests: [{ setupRequest: request => ({ ...request, headers: { ...request.headers, ...nextValue() } }) }],
    }),
  })
  const { errors, non2xx } = result
  if (errors + non2xx > 0) throw new Error(`autocannon had ${errors} errors and ${non2xx} answers other than 2xx`)
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p99Ms: result.latency.p99,
  }
}
