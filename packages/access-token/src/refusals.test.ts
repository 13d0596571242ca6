import { bearerChallenge, Problem } from '@auth-pair/service'
import { refusals } from './refusals.ts'

const all = {
  none: refusals.none,
  several: refusals.several,
  malformed: refusals.malformed,
  invalid: refusals.invalid('expired'),
  undecided: refusals.undecided('keys-unavailable'),
  lacking: refusals.lacking(['orders:read', 'orders:write']),
}

test('there is a refusal for everything that a guard may find', () => {
  expect(Object.keys(all)).toEqual(Object.keys(refusals))
})

describe.each(Object.entries(all))('the refusal of kind %s', (_kind, refusal) => {
  const { status, code, detail, headers, body } = refusal
  const problem = new Problem(code, { ...(detail !== undefined && { detail }) })

  test("says what the servers' catalogue says, but for the id of a request", () => {
    const { requestId, ...details } = problem.details('')
    expect([status, JSON.parse(body)]).toEqual([problem.status, details])
  })

  test('brings along what a status has to bring along', () => {
    expect(headers).toMatchObject({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
    expect(headers['Retry-After']).toBe(problem.headers['Retry-After'])
    // RFC 6750, section 3: every refusal but that of a service which is away says how to be authenticated to
    expect(headers['WWW-Authenticate']?.split(',')[0]).toBe(status === 503 ? undefined : bearerChallenge)
  })

  test('keeps for the log what exactly was wrong', () => {
    expect(body).not.toMatch(/expired|keys-unavailable/)
  })
})
