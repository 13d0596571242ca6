import type { Answered, Event, Invoked, OperationKind, Outcome, ProcessEvent } from './events.ts'
import { type Allowances, type FinalState, readOperations, violations } from './history.ts'

type Row = [
  kind: OperationKind,
  /** Begin and end, in milliseconds. */
  times: [number, number?],
  outcome: Outcome,
  more?: Partial<Pick<Invoked, 'server' | 'user' | 'session' | 'presented' | 'expires' | 'password' | 'apiToken'>> & {
    answer?: Partial<Answered>
  },
]

const ada = 'Ada@example.com'
const usual: Readonly<Record<Outcome, number>> = { ok: 200, fail: 401, unknown: 503 }
const far = 1e12

/** A history in the order in which it is written down. */
const eventsOf = (rows: readonly Row[]): Event[] =>
  rows
    .flatMap(([kind, [at, endedAt], outcome, { answer, ...named } = {}], op): Event[] => {
      const begun = { type: 'invoke', op, kind, server: 'A1', user: ada, at, wall: at, intended: at, ...named } as const
      if (endedAt === undefined) return [begun]
      return [begun, { type: outcome, op, at: endedAt, wall: endedAt, status: usual[outcome], ...answer }]
    })
    .sort((a, b) => a.at - b.at)

const found = (
  rows: readonly Row[],
  {
    final = { users: [{ id: 'u1', email: ada }], generations: new Map() },
    allow = {},
    processes = [],
  }: { final?: FinalState; allow?: Partial<Allowances>; processes?: ProcessEvent[] } = {},
): string[] => {
  const usually = { answerWithinMs: 6000, graceMs: 5000, revokedWithinMs: 2000, feedLost: [], sessionsLost: [] }
  const operations = readOperations(eventsOf(rows))
  return violations({ operations, processes, final, allow: { ...usually, ...allow } }).map(({ invariant }) => invariant)
}

const tokens = { sub: 'u1', session: 's1', child: 1 }
const signedUp: Row = ['sign-up', [0, 10], 'ok', { answer: { status: 201, ...tokens } }]
const signedOut: Row = ['sign-out', [100, 110], 'ok', { session: 's1', answer: { status: 204 } }]
const refreshed = (times: [number, number], presented: number, child: number): Row => [
  'refresh',
  times,
  'ok',
  { session: 's1', presented, answer: { sub: 'u1', session: 's1', child } },
]
const refused = (times: [number, number]): Row => ['refresh', times, 'fail', { session: 's1', presented: 1 }]
const verified = (times: [number, number], outcome: Outcome = 'ok', expires = far): Row => [
  'verify',
  times,
  outcome,
  { server: 'T1', session: 's1', expires, ...(outcome === 'ok' && { answer: { sub: 'u1' } }) },
]
const signedIn = (times: [number, number], password: number, session: string): Row => [
  'sign-in',
  times,
  'ok',
  { password, answer: { sub: 'u1', session, child: 1 } },
]
const refusedPassword = (times: [number, number], password: number): Row => ['sign-in', times, 'fail', { password }]
const refreshedIn = (session: string, times: [number, number]): Row => [
  'refresh',
  times,
  'ok',
  { session, presented: 1, answer: { sub: 'u1', session, child: 2 } },
]
const changed = (times: [number, number], outcome: Outcome = 'ok'): Row => [
  'change-password',
  times,
  outcome,
  { session: 's1', password: 0, ...(outcome === 'ok' && { answer: { sub: 'u1', session: 's3', child: 1 } }) },
]
const madeToken: Row = ['make-token', [20, 30], 'ok', { session: 's1', answer: { status: 201, apiToken: 't1' } }]
const revokedToken: Row = ['revoke-token', [40, 50], 'ok', { session: 's1', apiToken: 't1', answer: { status: 204 } }]
const usedToken = (times: [number, number], outcome: Outcome = 'ok'): Row => [
  'use-token',
  times,
  outcome,
  { server: 'T1', apiToken: 't1', ...(outcome === 'ok' && { answer: { sub: 'u1' } }) },
]
const processed = (what: ProcessEvent['what'], at: number): ProcessEvent => ({
  type: 'process',
  name: 'A1',
  what,
  at,
  wall: at,
})
const holding = (generation: number): { final: FinalState } => ({
  final: { users: [{ id: 'u1', email: ada }], generations: new Map([['s1', generation]]) },
})

describe('a history in which all went well', () => {
  test('violates nothing', () => {
    const rows: Row[] = [
      signedUp,
      verified([11, 12]),
      ['sign-in', [20, 30], 'ok', { answer: { sub: 'u1', session: 's2', child: 1 } }],
      ['guess', [31, 32], 'fail'],
      refreshed([40, 50], 1, 2),
      ['refresh', [6000, 6500], 'unknown', { session: 's1', presented: 2 }],
      refreshed([12_000, 12_010], 2, 4),
      ['sign-out', [13_000, 13_500], 'unknown', { session: 's1' }],
      refused([13_600, 13_610]),
      ['sign-out-everywhere', [14_000, 14_010], 'ok', { session: 's2', answer: { status: 204 } }],
      ['verify', [14_500, 14_510], 'ok', { server: 'T1', session: 's2', expires: far, answer: { sub: 'u1' } }],
      ['verify', [16_500, 16_510], 'fail', { server: 'T1', session: 's2', expires: far }],
      ['disable', [17_000, 17_010], 'ok', { server: 'operator' }],
      ['sign-in', [17_020, 17_030], 'fail'],
    ]
    const processes = [processed('started', 0), processed('ending', 5), processed('exited', 6), processed('started', 7)]
    expect(found(rows, { ...holding(4), processes })).toEqual([])
  })

  test('may have an answer from before a turn arrive after that of the turn, when both were asked for at once', () => {
    const turn: Row[] = [signedUp, refreshed([20, 30], 1, 2), refreshed([9000, 9010], 2, 3)]
    expect(found([...turn, refreshed([9001, 9011], 2, 2)])).toEqual([])
    expect(found([...turn, refreshed([9011, 9020], 2, 2)])).toEqual(['I5'])
  })

  test('may be of operations that were never answered, as it is of those that were', () => {
    expect(found([['sign-up', [0, 2500], 'unknown']])).toEqual([])
    expect(found([['sign-up', [0, 2500], 'unknown']], { final: { users: [], generations: new Map() } })).toEqual([])
    const again: Row = ['sign-up', [3000, 3010], 'fail', { answer: { status: 409 } }]
    expect(found([['sign-up', [0, 2500], 'unknown'], again])).toEqual([])
  })

  test('may have a change of the password that was not answered: the old one is refused, or opens', () => {
    expect(
      found([signedUp, changed([20, 30], 'unknown'), refusedPassword([40, 50], 0), signedIn([60, 70], 1, 's4')]),
    ).toEqual([])
    expect(found([signedUp, changed([20, 30], 'unknown'), signedIn([40, 50], 0, 's4')])).toEqual([])
  })

  test('may go on in the session that a change of the password opened, and use an API token until its end', () => {
    const own = refreshedIn('s3', [40, 50])
    expect(found([signedUp, changed([20, 30]), own, verified([60, 70], 'fail')])).toEqual([])
    expect(found([signedUp, madeToken, usedToken([31, 32]), revokedToken, usedToken([45, 1000], 'fail')])).toEqual([])
  })
})

describe('the checker reports', () => {
  const nobody: FinalState = { users: [], generations: new Map() }
  const twice: FinalState = {
    users: [
      { id: 'u1', email: ada },
      { id: 'u2', email: 'ada@EXAMPLE.com' },
    ],
    generations: new Map(),
  }
  const leak = { status: 200, leak: 'canary' }

  test.each<[string, string[], readonly Row[], Parameters<typeof found>[1]?]>([
    ['a sign-up that is lost', ['I1'], [signedUp], { final: nobody }],
    [
      'an account of another id',
      ['I1'],
      [['sign-up', [0, 10], 'ok', { answer: { ...tokens, status: 201, sub: 'u9' } }]],
    ],
    ['an account that was refused', ['I1', 'I6'], [['sign-up', [0, 10], 'fail', { answer: { status: 400 } }]]],
    ['two accounts of one address', ['I2', 'I1'], [signedUp], { final: twice }],
    [
      'a sign-in as somebody else',
      ['I3'],
      [signedUp, ['sign-in', [20, 30], 'ok', { answer: { sub: 'u2', session: 's2', child: 1 } }]],
    ],
    ['a token that is not good', ['I3'], [signedUp, verified([20, 30], 'fail')]],
    ['a refresh after a sign-out', ['I4'], [signedUp, signedOut, refreshed([120, 130], 1, 2)]],
    [
      'a refresh after the end of all sessions',
      ['I4'],
      [
        signedUp,
        ['sign-out-everywhere', [100, 110], 'ok', { session: 's2', answer: { status: 204 } }],
        refreshed([120, 130], 1, 2),
      ],
    ],
    [
      'a refresh after the account was disabled',
      ['I4'],
      [signedUp, ['disable', [100, 110], 'ok', { server: 'operator' }], refreshed([2200, 2210], 1, 2)],
    ],
    [
      'a sign-in to a disabled account',
      ['I4'],
      [signedUp, ['disable', [100, 110], 'ok', { server: 'operator' }], signedIn([120, 130], 0, 's2')],
    ],
    ['a sign-in with a password that was changed', ['I4'], [signedUp, changed([20, 30]), signedIn([40, 50], 0, 's4')]],
    [
      'a sign-in with the password before one that has opened a session',
      ['I4'],
      [signedUp, changed([20, 30], 'unknown'), signedIn([40, 50], 1, 's4'), signedIn([60, 70], 0, 's5')],
    ],
    [
      'a session that was opened with the password before, while it was changed',
      ['I4'],
      [signedUp, changed([20, 30]), signedIn([22, 28], 0, 's4'), refreshedIn('s4', [2100, 2110])],
    ],
    [
      'a session from before a change that was not answered, and made',
      ['I4'],
      [signedUp, changed([20, 30], 'unknown'), signedIn([40, 50], 1, 's4'), refreshedIn('s1', [2100, 2110])],
    ],
    [
      'a session that is refused and was opened with the new password',
      ['I6'],
      [
        signedUp,
        changed([20, 30], 'unknown'),
        signedIn([40, 50], 1, 's4'),
        ['refresh', [60, 70], 'fail', { session: 's4', presented: 1 }],
      ],
    ],
    [
      'that neither the old nor the new password opens',
      ['I6'],
      [signedUp, changed([20, 30], 'unknown'), refusedPassword([40, 50], 0), refusedPassword([60, 70], 1)],
    ],
    ['a sign-in that gives no tokens', ['I3'], [signedUp, ['sign-in', [20, 30], 'ok', { answer: { sub: 'u1' } }]]],
    ['a refresh after the password was changed', ['I4'], [signedUp, changed([20, 30]), refreshed([40, 50], 1, 2)]],
    ['an API token after it was revoked', ['I4'], [signedUp, madeToken, revokedToken, usedToken([2100, 2110])]],
    [
      'an API token after its owner was disabled',
      ['I4'],
      [signedUp, madeToken, ['disable', [100, 110], 'ok', { server: 'operator' }], usedToken([4200, 4210])],
    ],
    ['a verifier that does not hear of a sign-out', ['I4'], [signedUp, signedOut, verified([2200, 2210])]],
    ['two successors of one token', ['I5'], [signedUp, refreshed([20, 30], 1, 2), refreshed([40, 50], 1, 3)]],
    [
      'an older token after a newer one',
      ['I5', 'I5'],
      [signedUp, refreshed([20, 30], 1, 3), refreshed([9000, 9010], 3, 2)],
    ],
    ['a turn that Redis has lost', ['I5'], [signedUp, refreshed([20, 30], 1, 3)], holding(2)],
    ['turns that nobody asked for', ['I5'], [signedUp, refreshed([20, 30], 1, 2)], holding(4)],
    ['a session that is refused and had not ended', ['I6'], [signedUp, refused([20, 30]), refused([40, 50])]],
    ['a right password that is refused', ['I6'], [signedUp, ['sign-in', [20, 30], 'fail']]],
    ['a new password that is refused', ['I6'], [signedUp, changed([20, 30]), refusedPassword([40, 50], 1)]],
    [
      'a right password that is refused where it is changed',
      ['I6'],
      [signedUp, ['change-password', [20, 30], 'fail', { session: 's1', password: 0, answer: { status: 403 } }]],
    ],
    ['an API token that is refused and had not ended', ['I6'], [signedUp, madeToken, usedToken([40, 50], 'fail')]],
    [
      'a new address that is called taken',
      ['I1', 'I6'],
      [['sign-up', [0, 10], 'fail', { user: 'eve@example.com', answer: { status: 409 } }]],
    ],
    [
      'a fault that is no 503',
      ['I6'],
      [signedUp, ['refresh', [20, 30], 'unknown', { session: 's1', answer: { status: 500 } }]],
    ],
    [
      'a fault that takes a cookie away',
      ['I6'],
      [signedUp, ['refresh', [20, 30], 'unknown', { session: 's1', answer: { setsCookies: true } }]],
    ],
    ['a wrong password that succeeds', ['I7'], [signedUp, ['guess', [20, 30], 'ok', { answer: { sub: 'u1' } }]]],
    ['a password that was never set', ['I7'], [signedUp, signedIn([20, 30], 1, 's2')]],
    ['an answer that shows the inside', ['I10'], [signedUp, ['who-am-i', [20, 30], 'ok', { answer: leak }]]],
    ['an answer that comes late', ['I11'], [signedUp, ['who-am-i', [20, 6100], 'unknown']]],
    ['an answer that never comes', ['I11'], [signedUp, ['who-am-i', [20], 'unknown']]],
    [
      'a process that ends by itself',
      ['I12'],
      [signedUp],
      { processes: [processed('started', 0), processed('exited', 9)] },
    ],
  ])('%s', (...[_, invariants, rows, rest]) => {
    expect(found(rows, rest)).toEqual(invariants)
  })
})

describe('what a run is allowed', () => {
  test('is to lose the sessions that it says, and no others', () => {
    const rows = [signedUp, refused([100, 110])]
    expect(found(rows, { allow: { sessionsLost: [{ from: 0, to: 50 }] } })).toEqual([])
    expect(found(rows, { allow: { sessionsLost: [{ from: 20, to: 50 }] } })).toEqual(['I6'])
  })

  test('is to tell verifiers later while it says so', () => {
    const rows = [signedUp, signedOut, verified([9000, 9010])]
    expect(found(rows, { allow: { feedLost: [{ from: 50, to: 8000 }] } })).toEqual([])
    expect(found(rows, { allow: { feedLost: [{ from: 50, to: 6000 }] } })).toEqual(['I4'])
  })

  test('is to refuse access tokens that have expired', () => {
    expect(found([signedUp, verified([5000, 5010], 'fail', 4000)])).toEqual([])
  })
})
