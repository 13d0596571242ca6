import { z } from 'zod'

/** Within the deadline of a request (4.5 s), and time is left for what comes after. */
const deadlineMs = 2000
const longestAnswer = 64 * 1024

const verdictForm = z.object({
  success: z.boolean(),
  'error-codes': z.array(z.string()).nullish(),
  hostname: z.string().nullish(),
  action: z.string().nullish(),
  challenge_ts: z.string().nullish(),
  score: z.number().nullish(),
})

/** What a provider says of a token. */
export type ProviderVerdict = z.infer<typeof verdictForm>

export type ProviderAnswer =
  | { readonly kind: 'verdict'; readonly verdict: ProviderVerdict }
  /** Nobody there, too slow, out of order, or no `siteverify`. */
  | { readonly kind: 'away'; readonly cause: unknown }
  /** It is there and refuses to answer: a wrong address, or a request that it does not take. */
  | { readonly kind: 'refused'; readonly cause: unknown }

/** Asks the `siteverify` of a provider, once. Never throws. */
export const askProvider = async (url: string, form: Readonly<Record<string, string>>): Promise<ProviderAnswer> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(form),
      // the secret goes where the operator has said, and nowhere else
      redirect: 'error',
      signal: AbortSignal.timeout(deadlineMs),
    })
    const { status } = response
    const text = await readText(response)
    const verdict = status < 500 && status !== 429 ? readVerdict(text) : undefined
    if (verdict) return { kind: 'verdict', verdict }
    // a client must not get by with a token that makes the provider choke
    const refused = status >= 400 && status < 500 && status !== 429
    return { kind: refused ? 'refused' : 'away', cause: new Error(`no verdict, status ${status}`) }
  } catch (cause) {
    return { kind: 'away', cause }
  }
}

const readText = async ({ body }: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > longestAnswer) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const readVerdict = (text: string): ProviderVerdict | undefined => {
  try {
    return verdictForm.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
