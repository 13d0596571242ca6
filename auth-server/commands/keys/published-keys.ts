import { z } from 'zod'

/** A key of a key set (RFC 7517, section 5), as far as it is looked at here. */
export interface PublishedKey {
  readonly kid: string
  readonly alg: string
}

const keySet = z.object({
  keys: z.array(z.object({ kid: z.string(), alg: z.string().default('') })).max(100),
})

const deadlineMs = 5000

/** What an auth-server publishes. Throws, with a sentence, when it cannot be found out. */
export const fetchPublishedKeys = async (url: string): Promise<readonly PublishedKey[]> => {
  const fail = (reason: string, cause?: unknown) => new Error(`${url} ${reason}`, { cause })
  const res = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(deadlineMs) }).catch(cause => {
    throw fail('does not answer.', cause)
  })
  if (res.status !== 200) {
    await res.body?.cancel()
    throw fail(`answers with ${res.status}, not with a key set.`)
  }
  const result = keySet.safeParse(await res.json().catch(() => undefined))
  if (!result.success) throw fail('does not answer with a key set.')
  return result.data.keys
}
