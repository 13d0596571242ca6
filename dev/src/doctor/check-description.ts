import type { Ask } from './ask.ts'
import { leftOut, note, ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

export interface Description {
  readonly verdicts: readonly Verdict[]
  /** What the auth-server takes for its public URL. */
  readonly publicUrl: string | undefined
}

/** What `/openapi.json` tells: the version, and the public URL that the server was told. `ownVersion` is that of this checkout. */
export const checkDescription = async ({ origin }: Target, ask: Ask, ownVersion: string): Promise<Description> => {
  const { status, json } = await ask({ url: new URL('/openapi.json', origin) })
  const { version } = (json?.info ?? {}) as { version?: unknown }
  if (status !== 200 || typeof version !== 'string') {
    const text = `/openapi.json answers ${status}${status === 200 ? ' with something else than a description' : ''}: the version and the public URL are not known.`
    return { verdicts: [leftOut(text)], publicUrl: undefined }
  }
  const same = version === ownVersion
  const verdicts = [
    same
      ? ok(`Version ${quote(version)}, like this doctor.`)
      : note(`Version ${quote(version)}; this doctor is of ${ownVersion} and may expect something else.`),
  ]
  const [server] = (Array.isArray(json?.servers) ? json.servers : []) as { url?: unknown }[]
  if (typeof server?.url !== 'string') return { verdicts, publicUrl: undefined }
  return { verdicts: [...verdicts, publicUrlVerdict(server.url, origin)], publicUrl: server.url }
}

const publicUrlVerdict = (told: string, origin: string): Verdict => {
  if (told === origin) return ok(`PUBLIC_URL is ${quote(told)}, as it is reached.`)
  if (told.startsWith('https:') && origin.startsWith('http:')) {
    return wrong(
      `PUBLIC_URL is ${quote(told)}, but it is reached here by plain http: browsers keep none of its cookies. If people come by https, look at that URL instead; if not, correct PUBLIC_URL.`,
    )
  }
  if (told.startsWith('http:') && origin.startsWith('https:')) {
    return wrong(
      `PUBLIC_URL is ${quote(told)}, but it is reached by https: cookies have no prefix, and published secrets are not refused. Set PUBLIC_URL=${origin}`,
    )
  }
  return note(
    `PUBLIC_URL is ${quote(told)}, but it is reached here at another name: pages of ${origin} are refused as foreign, unless CORS_ORIGINS names them. If people come to ${origin}, set PUBLIC_URL to it.`,
  )
}
