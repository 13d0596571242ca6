import { randomBytes } from 'node:crypto'
import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import { type From, plainText } from '../circumstances.ts'
import type { CollectedRow } from './audit-store.ts'
import type { NotedEvent } from './events.ts'

/** What anybody can cause as often as they like. */
export interface Note {
  readonly event: NotedEvent
  readonly reason: string
  readonly userId?: string | undefined
  /** As it was presented. It is never kept, and does not make a difference to the time that a note takes. */
  readonly email?: string | undefined
  readonly from: From
}

/** How often what was collected is written, in milliseconds. */
const everyMs = 1000

/** How many rows of one kind of event are kept each second; the rest is counted. */
const keptASecond = 20

/** How many rows wait at most while PostgreSQL is away; the rest is counted. */
const maxWaiting = 1000

/** How many reasons of one kind of event are counted apart. */
const maxReasons = 20

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

interface NotesNeeds {
  readonly write: (rows: readonly CollectedRow[]) => Promise<void>
  readonly subjectOf: (email: string) => string | null
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

interface Counted {
  readonly event: NotedEvent
  readonly reason: string
  readonly at: number
  count: number
}

/**
 * Collects notes in memory and writes them once a second, so that nobody waits for the record and no attack fills the disk. Of
 * each kind of event the first of a second are rows of their own; the rest is one row for each reason, with how many they were.
 * The sum is exact, whatever PostgreSQL does in the meantime: only the sudden end of this process loses the last second.
 */
export const createNotes = ({ write, subjectOf, log, now }: NotesNeeds) => {
  const prefix = randomBytes(9).toString('base64url')
  const dueToSay = atMostEvery(10_000)
  let made = 0
  let kept: CollectedRow[] = []
  let counted = new Map<string, Counted>()
  let keptThisSecond = new Map<NotedEvent, number>()
  /** What has been sent, and may have been written or not. */
  let sent: readonly CollectedRow[] = []
  let turn: Promise<void> | undefined

  const once = () => `${prefix}-${(++made).toString(36)}`
  const nowhere = { ip: null, device: null, requestId: null, userId: null, subject: null }

  const keep = ({ event, userId, email, from }: Note, reason: string): void => {
    // SECURITY: computed for every address, whether an account has it or not
    const subject = email === undefined ? null : subjectOf(email)
    const { ip, device, requestId } = from()
    kept.push({
      once: once(),
      at: now(),
      event,
      reason,
      // one row that PostgreSQL does not take would keep all others from the record
      userId: userId !== undefined && uuid.test(userId) ? userId : null,
      subject: userId === undefined ? subject : null,
      ip: plainText(ip, 45),
      device: plainText(device, 64),
      requestId: plainText(requestId, 64),
      count: 1,
    })
  }

  const count = (event: NotedEvent, reason: string): void => {
    const key = `${event} ${reason}`
    const row = counted.get(key)
    if (row) row.count++
    else if (counted.size < maxReasons) counted.set(key, { event, reason, at: now(), count: 1 })
    else if (reason !== 'other') count(event, 'other')
    else counted.set(key, { event, reason, at: now(), count: 1 })
  }

  const note = (given: Note): void => {
    const { event } = given
    const reason = plainText(given.reason, 64) || 'other'
    const before = keptThisSecond.get(event) ?? 0
    keptThisSecond.set(event, before + 1)
    if (before >= keptASecond || kept.length >= maxWaiting) {
      count(event, reason)
      return
    }
    const length = kept.length
    try {
      keep(given, reason)
    } catch (err) {
      // it happened all the same
      kept.length = length
      count(event, reason)
      if (dueToSay()) log.error({ err }, 'an event is counted, and not kept')
    }
  }

  /** What is to be written next: what was sent before, until it is known to be there; then everything else. */
  const collect = (): void => {
    if (sent.length > 0) return
    sent = [...kept, ...[...counted.values()].map(row => ({ ...nowhere, ...row, once: once() }))]
    kept = []
    counted = new Map()
  }

  const writeOut = async (): Promise<void> => {
    keptThisSecond = new Map()
    collect()
    if (sent.length === 0) return
    try {
      await write(sent)
      sent = []
    } catch (error) {
      const isUnavailable = error instanceof Problem && error.code === 'unavailable'
      if (!isUnavailable && dueToSay()) log.error({ err: error }, 'events cannot be recorded, trying again')
    }
  }

  const flush = (): Promise<void> => {
    turn ??= writeOut().finally(() => {
      turn = undefined
    })
    return turn
  }
  const timer = setInterval(flush, everyMs).unref()

  return {
    note,
    /** Writes what there is. Never rejects: what cannot be written waits. */
    flush,
    /** How many events wait to be written. */
    waiting: (): number => [...sent, ...kept, ...counted.values()].reduce((sum, row) => sum + row.count, 0),
    /** Writes what there is, as well as it can be. */
    close: async (): Promise<void> => {
      clearInterval(timer)
      await turn
      if (kept.length > 0 || counted.size > 0) {
        // in one statement: what was sent before keeps its name
        const before = sent
        sent = []
        collect()
        sent = [...before, ...sent]
      }
      await flush()
      const lost = sent.reduce((sum, row) => sum + row.count, 0)
      if (lost > 0) log.error({ events: lost }, 'PostgreSQL is away: these events are not recorded')
    },
  }
}
