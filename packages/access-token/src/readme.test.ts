import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { authenticate } from './authenticate.ts'
import type { VerifierNeeds } from './create-verifier.ts'
import type { GuardOptions } from './guard.ts'
import type { IntrospectionNeeds } from './introspection/ask-auth-server.ts'
import { type Refusal, refusals } from './refusals.ts'
import type { FeedNeeds } from './revocations/revocation-feed.ts'
import type { RefusalCode } from './verification.ts'

/** The rows of each table, by what stands above its first column, as often as there are such tables. */
const tables = (() => {
  const found: { readonly head: string; readonly rows: string[][] }[] = []
  for (const line of readFileSync(join(__dirname, '../README.md'), 'utf8').split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .split('|')
          .slice(1, -1)
          .map(cell => cell.trim().replaceAll('`', ''))
      : []
    const [first] = cells
    const table = found.at(-1)
    if (first === undefined) found.push({ head: '', rows: [] })
    else if (!table || table.head === '') found.push({ head: first, rows: [] })
    else if (first !== '---') table.rows.push(cells)
  }
  return (head: string) => found.filter(table => table.head === head).map(({ rows }) => rows)
})()
const firstColumns = (head: string) => tables(head).map(rows => rows.map(([cell]) => cell))

test('the README names every option of verifiers, introspection, guards and the feed', () => {
  // complete, or it does not type-check
  const verifier: Record<keyof VerifierNeeds, true> = {
    ...{ issuer: true, audience: true, secret: true, secrets: true, publicKeys: true, jwksUrl: true },
    ...{ onKeysUnavailable: true, introspection: true, onIntrospectionUnavailable: true },
    ...{ revocations: true, leewayS: true, remember: true, now: true },
  }
  type Names<Union> = Union extends unknown ? keyof Union : never
  const introspection: Record<Names<IntrospectionNeeds>, true> = {
    ...{ url: true, secret: true, service: true, clientId: true, clientSecret: true },
  }
  const guard: Record<keyof GuardOptions, true> = { read: true, onRefusal: true }
  const feed: Record<keyof FeedNeeds, true> = {
    ...{ authServerUrl: true, secret: true, issuer: true, service: true, whenLost: true },
    ...{ toleranceMs: true, limit: true, onChange: true, now: true },
  }
  expect(firstColumns('option')).toEqual([verifier, introspection, guard, feed].map(options => Object.keys(options)))
})

test('the README shows every answer as it is given', () => {
  const all: Record<Refusal['code'], Refusal> = {
    'access-token-required': refusals.none,
    'access-token-invalid': refusals.invalid('expired'),
    'ambiguous-credentials': refusals.several,
    'malformed-request': refusals.malformed,
    'insufficient-scope': refusals.lacking(['…']),
    unavailable: refusals.undecided('keys-unavailable'),
  }
  const shown = Object.entries(all).map(([code, refusal]) => {
    expect(refusal.code).toBe(code)
    return [code, String(refusal.status), refusal.headers['WWW-Authenticate'] ?? '']
  })
  expect(tables('answer')[0]?.map(cells => cells.slice(0, 3))).toEqual(shown)
})

test('the README says which answer each reason leads to', async () => {
  const all: Record<RefusalCode, true> = {
    ...{ malformed: true, 'unknown-key': true, 'bad-signature': true, 'bad-claims': true, 'wrong-issuer': true },
    ...{ 'wrong-audience': true, 'not-yet-valid': true, expired: true, revoked: true },
    ...{ 'revocations-unknown': true, 'keys-unavailable': true, inactive: true, 'introspection-unavailable': true },
  }
  const req = { headers: { authorization: 'Bearer x' }, rawHeaders: [] }
  const answers = Object.keys(all).map(async reason => {
    const verification = { ok: false, code: reason as RefusalCode } as const
    const answer = await authenticate({ verify: () => verification }, req as never)
    return [reason, answer.ok ? 'ok' : answer.code]
  })
  expect(tables('reason')[0]?.map(cells => cells.slice(0, 2))).toEqual(await Promise.all(answers))
})
