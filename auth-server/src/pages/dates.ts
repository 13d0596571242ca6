/** A moment, for a person and for a machine. */
export interface Moment {
  /** RFC 3339, UTC. */
  readonly iso: string
  /** Such as "5 minutes ago" or, when it is further away, "on 5 March 2026". */
  readonly text: string
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })

/** How far a moment is from `now`, both in milliseconds since the epoch or RFC 3339. No time of day: its zone is not known here. */
export const momentOf = (at: string, now: number): Moment => {
  const time = Date.parse(at)
  const away = time - now
  const far = Math.abs(away)
  const said = (unit: Intl.RelativeTimeFormatUnit, length: number) => relative.format(Math.trunc(away / length), unit)
  if (far < minute) return { iso: at, text: away > 0 ? 'in less than a minute' : 'just now' }
  if (far < hour) return { iso: at, text: said('minute', minute) }
  if (far < day) return { iso: at, text: said('hour', hour) }
  if (far < 14 * day) return { iso: at, text: said('day', day) }
  return { iso: at, text: `on ${date.format(time)}` }
}
