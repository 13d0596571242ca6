import { Problem, type Route, sendJson } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import type { AuditStore, RecordedEvent } from './audit-store.ts'
import type { PlaceCodec } from './place-codec.ts'

const presetLimit = 50
const maxLimit = 100

/** An event as the user it happened to sees it. */
export interface ShownEvent {
  /** Names the event, and as `cursor` what came before it. */
  readonly id: string
  readonly event: string
  readonly outcome: string
  readonly reason: string | null
  /** RFC 3339, UTC. */
  readonly at: string
  readonly ip: string | null
  readonly device: string | null
  readonly sessionId?: string
}

interface ActivityNeeds {
  readonly store: Pick<AuditStore, 'ofUser'>
  readonly places: PlaceCodec
  readonly signedIn: RequestHandler
}

/** What happened to the account of the signed-in user, the newest first. */
export const activity = ({ store, places, signedIn }: ActivityNeeds): Route => ({
  method: 'get',
  path: '/api/account/activity',
  guard: signedIn,
  handle: [
    async (req, res) => {
      if (!req.auth) throw new Problem('access-token-required')
      const { limit, before } = readPage(req, places)
      // one more tells whether there is another page
      const events = await store.ofUser(req.auth.sub, limit + 1, before)
      const page = events.slice(0, limit).map(event => showEvent(event, places))
      sendJson(res, 200, { events: page, next: events.length > limit ? page.at(-1)?.id : null })
    },
  ],
})

const readPage = (req: Request, places: PlaceCodec) => {
  const { searchParams } = new URL(req.url, 'http://x')
  const complaints: { path: string; message: string }[] = []
  const one = (name: string): string | undefined => {
    const values = searchParams.getAll(name)
    if (values.length > 1) complaints.push({ path: name, message: 'Say it once.' })
    return values[0]
  }
  const [wanted, cursor] = [one('limit'), one('cursor')]
  const limit = wanted === undefined ? presetLimit : Number(wanted)
  if (wanted !== undefined && !(/^[1-9]\d{0,2}$/.test(wanted) && limit <= maxLimit))
    complaints.push({ path: 'limit', message: `Ask for 1 to ${maxLimit} events, or leave it out.` })
  const before = cursor === undefined ? undefined : places.decode(cursor)
  if (cursor !== undefined && before === undefined)
    complaints.push({ path: 'cursor', message: 'Take the `next` of the page before, or leave it out.' })
  for (const name of new Set(searchParams.keys())) {
    if (name === 'limit' || name === 'cursor') continue
    complaints.push({ path: name.slice(0, 64).toWellFormed(), message: 'This parameter is not known here.' })
  }
  if (complaints.length > 0) throw new Problem('invalid-input', { errors: complaints.slice(0, 10) })
  return { limit, before }
}

export const showEvent = (recorded: RecordedEvent, places: PlaceCodec): ShownEvent => {
  const { event, outcome, reason, micros, ip, device, sessionId } = recorded
  const at = new Date(Math.floor(micros / 1000)).toISOString()
  return {
    id: places.encode(recorded),
    event,
    outcome,
    reason,
    at,
    ip,
    device,
    ...(sessionId !== null && { sessionId }),
  }
}
