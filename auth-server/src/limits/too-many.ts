import { Problem } from '@auth-pair/service'
import type { Rate } from './policy.ts'

/**
 * The answer to whoever has used up a limit. `Retry-After` is RFC 9110, section 10.2.3; the other two headers are those of
 * draft-ietf-httpapi-ratelimit-headers (10): the limit by its name, and what is left of it until when.
 */
export class TooMany extends Problem {
  /** The name of the limit. */
  readonly limit: string

  constructor(limit: string, { count, perS }: Rate, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    super('too-many-requests', {
      cause: new Error(`the limit ${limit}`),
      headers: {
        'Retry-After': String(seconds),
        'RateLimit-Policy': `"${limit}";q=${count};w=${perS}`,
        RateLimit: `"${limit}";r=0;t=${seconds}`,
      },
    })
    this.limit = limit
  }
}
