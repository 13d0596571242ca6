import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { testRedis } from '../testing/index.ts'
import { byFamily } from './families.ts'
import { createSessionStore, type StoredSession } from './session-store.ts'

const second = 1000
const policy = { idleMs: 3600 * second, lifeMs: 7200 * second, graceMs: 30 * second, maxPerUser: 3 }
const start = 1_800_000_000_000

const redis = testRedis()
let clock = start
const store = createSessionStore({ redis, policy, now: () => clock })
afterAll(() => redis.disconnect())

const ids = async (user: string) => (await store.list(user)).map(({ sessionId }) => sessionId).sort()
const fields = async (user: string) => Object.keys(await redis.hgetall(`sessions:{${user}}`)).sort()
const opened = async (...sessions: string[]) => {
  clock = start
  const user = randomUUID()
  for (const id of sessions) {
    clock += 1
    await store.open(user, id, `- of ${id}`)
  }
  return user
}

describe('a session that is opened from another', () => {
  test('lives, shows the device of the sign-in, and is as old as that', async () => {
    const user = await opened('root')
    clock += 600 * second
    expect(await store.openChild(user, 'child', 'root')).toEqual({
      endsAt: clock + policy.idleMs,
      now: clock,
      evicted: [],
    })
    expect((await store.list(user)).find(({ sessionId }) => sessionId === 'child')).toEqual({
      sessionId: 'child',
      family: 'root',
      isFixed: false,
      openedAt: start + 1,
      usedAt: clock,
      endsAt: clock + policy.idleMs,
      about: '- of root',
    })
    // what wants a recent sign-in is told of that one
    expect(await store.look(user, 'child')).toMatchObject({ openedAt: start + 1, usedAt: clock })
    clock += 60 * second
    expect(await store.rotate(user, 'child', 1)).toMatchObject({ kind: 'rotated', generation: 2 })
  })

  test('does not live longer than a sign-in may, however late it was opened', async () => {
    const user = await opened('root')
    clock += policy.idleMs - 1
    await store.rotate(user, 'root', 1)
    clock += policy.idleMs - 1
    expect(await store.openChild(user, 'child', 'root')).toMatchObject({ endsAt: start + 1 + policy.lifeMs })
    clock = start + 1 + policy.lifeMs
    expect(await store.rotate(user, 'child', 1)).toEqual({ kind: 'ended' })
  })

  test('opened again is the same one', async () => {
    const user = await opened('root')
    await store.openChild(user, 'child', 'root')
    clock += 60 * second
    await store.rotate(user, 'child', 1)
    const before = await redis.hgetall(`sessions:{${user}}`)
    expect(await store.openChild(user, 'child', 'root')).toEqual({
      endsAt: clock + policy.idleMs,
      now: clock,
      evicted: [],
    })
    expect(await redis.hgetall(`sessions:{${user}}`)).toEqual(before)
  })

  test('needs one that lives: there is none of one that never was, has expired, was ended, or was reused', async () => {
    const user = await opened('ended', 'reused', 'expired')
    await store.endFamily(user, 'ended')
    await store.rotate(user, 'reused', 0)
    for (const parent of ['never', 'ended', 'reused']) expect(await store.openChild(user, 'c', parent)).toBeUndefined()
    clock += policy.idleMs
    expect(await store.openChild(user, 'c', 'expired')).toBeUndefined()
    expect(await fields(user)).not.toContain('c')
  })

  test('opened from a child is of the same family', async () => {
    const user = await opened('root')
    await store.openChild(user, 'child', 'root')
    await store.openChild(user, 'grandchild', 'child')
    expect(await store.family(user, 'root')).toHaveLength(3)
    expect((await store.endFamily(user, 'grandchild')).sort()).toEqual(['child', 'grandchild', 'root'])
  })

  test('of another user is nobody’s child', async () => {
    const [ada, bob] = [await opened('of-ada'), await opened('of-bob')]
    expect(await store.openChild(bob, 'child', 'of-ada')).toBeUndefined()
    expect(await store.endFamily(bob, 'of-ada')).toEqual([])
    expect(await ids(ada)).toEqual(['of-ada'])
  })

  test('beyond the most of a family takes the room of the least recently used one', async () => {
    const user = await opened('root')
    for (let i = 10; i < 30; i++) {
      clock += 1
      expect(await store.openChild(user, `child-${i}`, 'root')).toMatchObject({ evicted: [] })
    }
    clock += 60 * second
    await store.rotate(user, 'child-10', 1)
    expect(await store.openChild(user, 'child-30', 'root')).toMatchObject({ evicted: ['child-11'] })
    expect(await store.family(user, 'root')).toHaveLength(21)
    expect(await redis.hlen(`sessions:{${user}}`)).toBe(2 + 20 * 3)
  })
})

describe('a family', () => {
  test.each(['root', 'one', 'two'])('ends as a whole with %s, and leaves nothing behind', async member => {
    const user = await opened('root', 'other')
    for (const child of ['one', 'two']) await store.openChild(user, child, 'root')
    expect((await store.family(user, member)).sort()).toEqual(['one', 'root', 'two'])
    expect((await store.endFamily(user, member)).sort()).toEqual(['one', 'root', 'two'])
    expect(await store.endFamily(user, member)).toEqual([])
    expect(await fields(user)).toEqual(['.other', 'other'])
  })

  test('stays one when the session that it began with has expired', async () => {
    const user = await opened('root')
    clock += policy.idleMs / 2
    for (const child of ['one', 'two']) await store.openChild(user, child, 'root')
    clock = start + policy.idleMs + 10
    expect(await store.rotate(user, 'root', 1)).toEqual({ kind: 'ended' })
    expect(await ids(user)).toEqual(['one', 'two'])
    expect(byFamily(await store.list(user))).toMatchObject([{ sessionId: 'one', family: 'root', about: '- of root' }])
    expect((await store.endFamily(user, 'two')).sort()).toEqual(['one', 'two'])
  })

  test('is not shown any more once a retired token of any of them came back', async () => {
    const user = await opened('root', 'other')
    await store.openChild(user, 'child', 'root')
    expect(await store.rotate(user, 'child', 0)).toEqual({ kind: 'reused' })
    expect(await ids(user)).toEqual(['other'])
    expect((await store.family(user, 'child')).sort()).toEqual(['child', 'root'])
  })

  test('makes room as a whole, and counts once', async () => {
    const user = await opened('a', 'b')
    for (const child of ['a1', 'a2']) await store.openChild(user, child, 'a')
    clock += 1
    expect(await store.open(user, 'c', '- of c')).toMatchObject({ evicted: [] })
    clock += 1
    const { evicted } = await store.open(user, 'd', '- of d')
    expect([...evicted].sort()).toEqual(['a', 'a1', 'a2'])
    expect(await fields(user)).toEqual(['.b', '.c', '.d', 'b', 'c', 'd'])
  })

  test('ended in part by a server of the version before ends in whole when the record is followed', async () => {
    const user = await opened('root')
    for (const child of ['one', 'two']) await store.openChild(user, child, 'root')
    await redis.hdel(`sessions:{${user}}`, 'root', '.root')
    expect(await store.endMany([{ userId: user, sessionId: 'root' }])).toEqual(
      expect.arrayContaining([
        { userId: user, sessionId: 'one' },
        { userId: user, sessionId: 'two' },
      ]),
    )
    expect(await fields(user)).toEqual([])
  })

  test('of which a child alone is in the record loses that child alone: it made room', async () => {
    const user = await opened('root')
    for (const child of ['one', 'two']) await store.openChild(user, child, 'root')
    expect(await store.endMany([{ userId: user, sessionId: 'one' }])).toEqual([])
    expect(await fields(user)).toEqual(['.>two', '.root', '.two', 'root', 'two'])
  })

  test('of before an epoch ends with it', async () => {
    const user = await opened('root')
    await store.openChild(user, 'child', 'root')
    await store.endMany([{ userId: user, before: Number.POSITIVE_INFINITY }])
    expect(await fields(user)).toEqual([])
  })
})

test('what a server of the version before leaves of a child goes with the next sign-in', async () => {
  const user = await opened('root')
  await store.openChild(user, 'child', 'root')
  await redis.hdel(`sessions:{${user}}`, 'child', '.child')
  await store.open(user, 'next', '- test')
  expect(await fields(user)).toEqual(['.next', '.root', 'next', 'root'])
})

test('a session without children has the fields that it always had', async () => {
  const user = await opened('root')
  expect(await redis.hgetall(`sessions:{${user}}`)).toEqual({ root: `1 0 0 0 ${start + 1}`, '.root': '- of root' })
})

test('all that is kept of a child beside the session begins with a point: a server of the version before sees no session in it', async () => {
  const user = await opened('root')
  await store.openChild(user, 'child', 'root')
  expect(await redis.hgetall(`sessions:{${user}}`)).toEqual({
    root: `1 0 0 0 ${start + 1}`,
    '.root': '- of root',
    child: `1 0 0 ${clock} ${start + 1}`,
    '.child': '- of root',
    '.>child': 'root',
  })
})

describe('the list', () => {
  const session = (sessionId: string, more: Partial<StoredSession> = {}): StoredSession => ({
    sessionId,
    family: sessionId,
    isFixed: false,
    openedAt: 1,
    usedAt: 2,
    endsAt: 3,
    about: `- of ${sessionId}`,
    ...more,
  })

  test('has one entry a family: used when any was, living as long as the last', () => {
    const all = [session('child', { family: 'root', usedAt: 7, endsAt: 9 }), session('root'), session('other')]
    expect(byFamily(all)).toEqual([session('root', { usedAt: 7, endsAt: 9 }), session('other')])
  })

  test('is empty when nothing lives', () => {
    expect(byFamily([])).toEqual([])
  })
})

/** The same rules in sets and numbers. */
class Model {
  readonly sessions = new Map<string, { family: string; openedAt: number; usedAt: number; over: boolean }>()

  private lives(id: string, now: number): boolean {
    const session = this.sessions.get(id)
    if (!session) return false
    const { usedAt, openedAt } = session
    return now < Math.min(usedAt + policy.idleMs, openedAt + policy.lifeMs)
  }

  live(now: number): string[] {
    const over = new Set([...this.sessions.values()].filter(({ over }) => over).map(({ family }) => family))
    return [...this.sessions]
      .filter(([id, { family }]) => this.lives(id, now) && !over.has(family))
      .map(([id]) => id)
      .sort()
  }

  open(id: string, now: number): void {
    for (const each of this.sessions.keys()) if (!this.lives(each, now)) this.sessions.delete(each)
    const families = [...Map.groupBy(this.sessions, ([, { family }]) => family)]
      .map(([family, members]) => ({ family, openedAt: Math.min(...members.map(([, { openedAt }]) => openedAt)) }))
      .sort((a, b) => a.openedAt - b.openedAt || (a.family < b.family ? -1 : 1))
    for (const { family } of families.slice(0, Math.max(0, families.length - policy.maxPerUser + 1))) this.end(family)
    this.sessions.set(id, { family: id, openedAt: now, usedAt: now, over: false })
  }

  openChild(id: string, parent: string, now: number): boolean {
    const from = this.sessions.get(parent)
    if (!from || from.over || !this.lives(parent, now)) return false
    this.sessions.set(id, { family: from.family, openedAt: from.openedAt, usedAt: now, over: false })
    return true
  }

  reuse(id: string, now: number): void {
    const session = this.sessions.get(id)
    if (session && this.lives(id, now)) session.over = true
    else this.sessions.delete(id)
  }

  end(id: string): void {
    const family = this.sessions.get(id)?.family ?? id
    for (const [each, session] of this.sessions) if (session.family === family) this.sessions.delete(each)
  }
}

test('families follow the rules in any order of sign-ins, children, reuses, ends and time', async () => {
  const step = fc.record({
    what: fc.constantFrom('open', 'child', 'child', 'child', 'reuse', 'end', 'wait'),
    which: fc.nat({ max: 20 }),
    wait: fc.constantFrom(0, 1, policy.idleMs / 2, policy.idleMs),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), async steps => {
      clock = start
      const user = randomUUID()
      const model = new Model()
      const made: string[] = []
      for (const { what, which, wait } of steps) {
        clock += 1
        const id = `session-${String(made.length).padStart(8, '0')}`
        const old = made[which % made.length] ?? 'none'
        if (what === 'wait') clock += wait
        if (what === 'open') {
          await store.open(user, id, '- test')
          model.open(id, clock)
        }
        if (what === 'child') {
          const isOpen = (await store.openChild(user, id, old)) !== undefined
          expect(isOpen).toBe(model.openChild(id, old, clock))
        }
        if (what === 'reuse') {
          await store.rotate(user, old, 0)
          model.reuse(old, clock)
        }
        if (what === 'end') {
          await store.endFamily(user, old)
          model.end(old)
        }
        if (what === 'open' || what === 'child') made.push(id)
        expect(await ids(user)).toEqual(model.live(clock))
      }
    }),
    { numRuns: process.env.TEST_REDIS_URL ? 500 : 150 },
  )
}, 120_000)

test('a child that is opened while its family ends does not survive', async () => {
  // each on a connection of its own: nothing but Redis orders what they do
  const clients = [testRedis(), testRedis(), testRedis()]
  const [one, two, three] = clients.map(client => createSessionStore({ redis: client, policy }))
  if (!one || !two || !three) throw new Error('there are three')
  const user = randomUUID()
  const outcomes = new Set<string>()
  for (let round = 0; round < 40; round++) {
    const root = `root-${round}`
    await one.open(user, root, '- test')
    const children = Array.from({ length: 12 }, (_, i) => `child-${i}-of-${round}`)
    const open = (child: string, i: number) => (i % 2 === 0 ? one : three).openChild(user, child, root)
    const before = round % (children.length + 1)
    const [first, ended, last] = await Promise.all([
      Promise.all(children.slice(0, before).map(open)),
      two.endFamily(user, root),
      Promise.all(children.slice(before).map(open)),
    ])
    const opened = [...first, ...last]
    expect(ended).toContain(root)
    // what was opened was ended with it, and its end is told
    const wereOpened = children.filter((_, i) => opened[i] !== undefined)
    expect([...ended].sort()).toEqual([root, ...wereOpened].sort())
    for (const child of opened) outcomes.add(child === undefined ? 'refused' : 'opened')
    expect(await redis.hlen(`sessions:{${user}}`)).toBe(0)
  }
  expect([...outcomes].sort()).toEqual(['opened', 'refused'])
  for (const client of clients) client.disconnect()
})
