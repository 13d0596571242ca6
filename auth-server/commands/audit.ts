import { once } from 'node:events'
import { isEventName, type Operator } from '../src/operator.ts'

/** The options of the two commands, as they were typed. */
export interface AuditOptions {
  readonly account?: string | undefined
  readonly event?: string | undefined
  readonly since?: Date | undefined
  readonly before?: string | undefined
  readonly json?: boolean | undefined
}

type Recorded = Awaited<ReturnType<Operator['audit']['list']>>[number]

const pageSize = 100

/** Whether the options can be understood. */
export const isAuditQuery = ({ event, before }: Pick<AuditOptions, 'event' | 'before'>): boolean =>
  (event === undefined || isEventName(event)) && (before === undefined || /^[1-9]\d{0,14}$/.test(before))

/** Writes, and waits for whoever reads: what is exported may be larger than the memory. */
const write = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** A page of events, the newest first, and how to go on. */
export const listEvents = async ({ audit, accounts }: Operator, options: AuditOptions): Promise<number> => {
  const { account: email, event, since, before, json = false } = options
  const userId = email === undefined ? undefined : await accounts.idOf(email)
  const search = { email, userId, event, since }
  const events = await audit.list(search, pageSize + 1, before === undefined ? undefined : Number(before))
  const page = events.slice(0, pageSize)
  await write(page.map(recorded => `${json ? toJson(recorded) : toWords(recorded)}\n`).join(''))
  if (events.length > pageSize) process.stderr.write(`There are more: go on with --before ${page.at(-1)?.seq}\n`)
  return 0
}

/** All events, the oldest first, one JSON object a line. */
export const exportEvents = async ({ audit }: Operator, since: Date | undefined): Promise<number> => {
  let count = 0
  for await (const page of audit.all(since)) {
    await write(page.map(recorded => `${toJson(recorded)}\n`).join(''))
    count += page.length
    if (process.stderr.isTTY) process.stderr.write(`\r${count} events`)
  }
  if (process.stderr.isTTY) process.stderr.write('\n')
  return 0
}

const timeOf = ({ micros }: Recorded): string => new Date(Math.floor(micros / 1000)).toISOString()

const toJson = (recorded: Recorded): string => {
  const { seq: number, event, outcome, reason, userId, subject, sessionId, ip, device, requestId, count } = recorded
  const where = { ip, device, requestId }
  const what = { event, outcome, reason, userId, subject, sessionId }
  return JSON.stringify({ number, at: timeOf(recorded), ...what, ...where, count })
}

const toWords = (recorded: Recorded): string => {
  const { seq, event, reason, userId, subject, ip, device, count } = recorded
  const what = `${event}${reason === null ? '' : ` (${reason})`}${count === 1 ? '' : ` x ${count}`}`
  const who = userId ?? (subject === null ? '-' : `unknown ${subject}`)
  return [seq, timeOf(recorded), what, who, ip ?? '-', device ?? '-'].join('  ')
}
