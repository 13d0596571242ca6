import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { Problem } from '@auth-pair/service'
import { memoryLog } from '@auth-pair/service/testing'
import { createPostgres } from '../postgres.ts'
import { auditRows } from '../testing/audit-rows.ts'
import { testEnvironment } from '../testing/index.ts'
import { type CollectedRow, createAuditStore } from './audit-store.ts'
import { createNotes } from './notes.ts'

const from = () => ({ ip: '192.0.2.1', device: 'curl', requestId: 'r-1' })
const sum = (rows: readonly { count: number | string }[]) => rows.reduce((total, { count }) => total + Number(count), 0)

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** The real store behind a proxy, and its rows as another connection sees them. */
const startNotes = async () => {
  const { DATABASE_URL: url = '', DATABASE_PREPARE } = testEnvironment()
  const prepare = DATABASE_PREPARE === 'true'
  const { log, lines } = memoryLog()
  const proxy = await faultProxyOf(url)
  const [postgres, direct] = [proxy.through(url), url].map(each =>
    createPostgres({ url: each, prepare, log, poolSize: 2 }),
  )
  if (!postgres || !direct) throw new Error()
  await Promise.all([postgres.start(), direct.start()])
  const store = createAuditStore(postgres, Date.now)
  const notes = createNotes({
    write: store.insertCollected,
    subjectOf: email => `hash of ${email.length}`,
    log,
    now: Date.now,
  })
  const reason = randomUUID()
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await notes.close()
    await postgres.close()
    await direct.close()
    await proxy.close()
  }
  closers.push(close)
  return {
    notes,
    proxy,
    lines,
    reason,
    note: (count: number) => {
      for (let i = 0; i < count; i++) notes.note({ event: 'limit-reached', reason, from })
    },
    rows: () => auditRows(direct, 'reason', reason),
    close,
  }
}

/** Notes that are written when and how a test says. */
const notesThat = (write: (rows: readonly CollectedRow[]) => Promise<void>) =>
  createNotes({ write, subjectOf: () => 'subject', log: memoryLog().log, now: () => 1_000 })

describe('notes', () => {
  test('of an attack are a few rows, and counted exactly', async () => {
    const { note, notes, rows, close } = await startNotes()
    const began = performance.now()
    note(10_000)
    expect(performance.now() - began).toBeLessThan(1000)
    await notes.flush()
    await notes.flush()
    const written = await rows()
    expect([sum(written), written.length]).toEqual([10_000, 21])
    const kept = written.filter(({ ip, device }) => ip === '192.0.2.1' && device === 'curl')
    expect(kept.map(({ count }) => count)).toEqual(Array(20).fill('1'))
    expect(written.filter(({ ip }) => ip === null)).toEqual([expect.objectContaining({ count: '9980', device: null })])
    await close()
  })

  test('are written within a second, whoever waits', async () => {
    const { note, rows, close } = await startNotes()
    note(3)
    for (let i = 0; i < 100 && (await rows()).length < 3; i++) await wait(30)
    expect(await rows()).toHaveLength(3)
    await close()
  })

  test.each(['refuse', 'black-hole', 'drop-replies'] as const)(
    '10,000 are counted exactly with PostgreSQL gone in between (%s)',
    async mode => {
      const { note, notes, rows, proxy, close } = await startNotes()
      for (let round = 0; round < 10; round++) {
        if (round === 3) await proxy.set(mode)
        if (round === 7) await proxy.set('pass')
        note(1000)
        await notes.flush()
      }
      for (let i = 0; i < 100 && notes.waiting() > 0; i++) await notes.flush()
      expect(notes.waiting()).toBe(0)
      expect(sum(await rows())).toBe(10_000)
      await close()
    },
    30_000,
  )

  test('whose answer is lost are in the record once', async () => {
    const { note, notes, rows, proxy, close } = await startNotes()
    const lost = proxy.loseReply(/audit_events[\s\S]*unnest/)
    note(100)
    await notes.flush()
    expect([lost(), notes.waiting()]).toEqual([1, 100])
    note(100)
    await notes.flush()
    await notes.flush()
    const written = await rows()
    expect([sum(written), written.length]).toEqual([200, 42])
    await close()
  })

  test('that are left when the server stops are written then', async () => {
    const { note, notes, rows, proxy, close } = await startNotes()
    await proxy.set('refuse')
    note(50)
    await notes.flush()
    note(50)
    await proxy.set('pass')
    await notes.close()
    expect(sum(await rows())).toBe(100)
    await close()
  })

  test('that cannot be written when the server stops are said to be lost, with how many', async () => {
    const { note, proxy, close, lines } = await startNotes()
    await proxy.set('refuse')
    note(123)
    await close()
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', events: 123 }))
  })

  test('take no more memory the longer PostgreSQL is away', async () => {
    let isAway = true
    const batches: (readonly CollectedRow[])[] = []
    const notes = notesThat(async rows => {
      if (isAway) throw new Problem('unavailable')
      batches.push(rows)
    })
    for (let second = 0; second < 300; second++) {
      for (let i = 0; i < 300; i++)
        notes.note({ event: 'sign-in-failed', reason: `reason ${i}`, email: 'a@example.com', from })
      await notes.flush()
    }
    isAway = false
    await notes.flush()
    await notes.flush()
    expect(batches.map(({ length }) => length < 1100)).toEqual([true, true])
    expect(sum(batches.flat())).toBe(90_000)
    await notes.close()
  })

  test('are rows of their own again each second, and of each kind', async () => {
    const batches: (readonly CollectedRow[])[] = []
    const notes = notesThat(async rows => void batches.push(rows))
    for (let second = 0; second < 3; second++) {
      for (const event of ['sign-in-failed', 'limit-reached', 'challenge-failed'] as const)
        for (let i = 0; i < 30; i++) notes.note({ event, reason: 'x', from })
      await notes.flush()
    }
    expect(batches.map(({ length }) => length)).toEqual([63, 63, 63])
    expect(sum(batches.flat())).toBe(270)
    expect(new Set(batches.flat().map(({ once }) => once)).size).toBe(189)
    await notes.close()
  })

  test('never throw, and are never lost, whatever they are given', async () => {
    const batches: (readonly CollectedRow[])[] = []
    const notes = notesThat(async rows => void batches.push(rows))
    const broken = () => {
      throw new Error('no circumstances')
    }
    notes.note({ event: 'sign-in-failed', reason: 'x', from: broken })
    notes.note({ event: 'sign-in-failed', reason: 'a\r\nb\u2028\u001b[31m'.padEnd(500, 'c'), from })
    notes.note({ event: 'sign-in-failed', reason: '', from })
    await notes.flush()
    expect(batches.flat().map(({ reason }) => reason)).toEqual([`ab[31m${'c'.repeat(58)}`, 'other', 'x'])
    await notes.close()
  })

  test('that PostgreSQL would not take do not keep the others from the record', async () => {
    const { note, notes, rows, reason, close } = await startNotes()
    const strange = () => ({ ip: 'a\u0000'.repeat(99), device: '\ud800', requestId: 'x'.repeat(9999) })
    notes.note({ event: 'limit-reached', reason, userId: 'nobody', from: strange })
    note(2)
    await notes.flush()
    const written = await rows()
    expect(written).toHaveLength(3)
    expect(written[0]).toMatchObject({ user_id: null, ip: 'a'.repeat(45), device: '', request_id: 'x'.repeat(64) })
    await close()
  })

  test('name the user, or else a subject, and the address is looked at either way', async () => {
    const asked: string[] = []
    const batches: (readonly CollectedRow[])[] = []
    const notes = createNotes({
      write: async rows => void batches.push(rows),
      subjectOf: email => {
        asked.push(email)
        return 'subject'
      },
      log: memoryLog().log,
      now: () => 1_000,
    })
    const userId = randomUUID()
    notes.note({ event: 'sign-in-failed', reason: 'wrong-password', userId, email: 'ada@example.com', from })
    notes.note({ event: 'sign-in-failed', reason: 'unknown-account', email: 'bob@example.com', from })
    await notes.flush()
    expect(batches.flat().map(({ userId, subject }) => [userId, subject])).toEqual([
      [userId, null],
      [null, 'subject'],
    ])
    expect(asked).toEqual(['ada@example.com', 'bob@example.com'])
    await notes.close()
  })
})
