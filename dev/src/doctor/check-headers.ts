import { randomUUID } from 'node:crypto'
import type { Answer, Ask } from './ask.ts'
import { note, ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

/** What docs/api.md promises of every answer, and what is missed without it. */
const promised: readonly { readonly name: string; readonly value: RegExp; readonly otherwise: string }[] = [
  { name: 'Cache-Control', value: /\bno-store\b/i, otherwise: 'caches on the way may keep tokens' },
  {
    name: 'Content-Security-Policy',
    value: /default-src 'none'/i,
    otherwise: 'an answer that is opened as a page may load things',
  },
  { name: 'Cross-Origin-Resource-Policy', value: /^same-origin$/i, otherwise: 'foreign pages may embed answers' },
  { name: 'Referrer-Policy', value: /^no-referrer$/i, otherwise: 'addresses are told to others' },
  { name: 'Vary', value: /(^|,)\s*origin\s*(,|$)/i, otherwise: 'caches mix up the answers to different front ends' },
  { name: 'X-Content-Type-Options', value: /^nosniff$/i, otherwise: 'browsers may take answers for scripts' },
  { name: 'X-Frame-Options', value: /^DENY$/i, otherwise: 'foreign pages may put answers into frames' },
]

const unwanted = ['X-Powered-By', 'ETag']

/** The headers of an answer and of a refusal: something between may treat them differently. */
export const checkHeaders = async ({ origin }: Target, ask: Ask): Promise<Verdict[]> => {
  const requestId = randomUUID()
  const headers = { 'X-Request-Id': requestId }
  const answers = [
    await ask({ url: new URL('/health/live', origin), headers }),
    await ask({ url: new URL('/api/there-is-no-such-route', origin), headers }),
  ]
  const complaints = new Map<string, Verdict>()
  const add = (verdict: Verdict) => complaints.set(verdict.text, verdict)
  for (const answer of answers) {
    for (const verdict of complaintsAbout(answer, origin.startsWith('https:'))) add(verdict)
    if (answer.header('X-Request-Id') === undefined)
      add(wrong('X-Request-Id is missing: nobody can find a request in the log.'))
    else if (answer.header('X-Request-Id') !== requestId)
      add(note('X-Request-Id is another one than was sent: something between makes its own.'))
  }
  return complaints.size > 0 ? [...complaints.values()] : [ok('All headers that are promised are there.')]
}

const complaintsAbout = ({ header }: Answer, https: boolean): Verdict[] => {
  const complaints = promised.flatMap(({ name, value, otherwise }) => {
    const is = header(name)
    if (is === undefined) return [wrong(`${name} is missing: ${otherwise}. Something between takes it out.`)]
    return value.test(is) ? [] : [wrong(`${name} is ${quote(is)}: ${otherwise}. Something between changes it.`)]
  })
  for (const name of unwanted) {
    if (header(name) !== undefined)
      complaints.push(wrong(`${name} is there, and no answer of ours has it: something between adds it.`))
  }
  if (https && header('Strict-Transport-Security') === undefined) {
    complaints.push(
      wrong(
        'Strict-Transport-Security is missing. Does PUBLIC_URL of this server begin with https://? Or something between takes it out.',
      ),
    )
  }
  return complaints
}
