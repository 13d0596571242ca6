import { createAsk, RateLimited, Stopped } from './ask.ts'
import type { Settings } from './check-feed.ts'
import { examine } from './examine.ts'
import type { GivenAccount } from './examine-account.ts'
import { leftOut, wrong } from './finding.ts'
import type { Options } from './options.ts'
import type { Report } from './report.ts'

interface DoctorNeeds {
  readonly options: Options
  readonly account: GivenAccount | undefined
  readonly settings: Settings | undefined
  readonly ownVersion: string
  /** Aborts when somebody has had enough. */
  readonly signal: AbortSignal
  readonly report: Report
  readonly requestMs?: number
  readonly totalMs?: number
  readonly now?: () => number
}

/** Looks at the servers and reports. Resolves to the exit code: 0 nothing is wrong, 1 something is, 130 stopped by a person. */
export const runDoctor = async (needs: DoctorNeeds): Promise<number> => {
  const { options, report, signal, requestMs = 5000, totalMs = 120_000, now = Date.now } = needs
  const { auth } = options
  const ending = new AbortController()
  // a timer of our own: one of AbortSignal.timeout would not be told of
  const timer = setTimeout(() => ending.abort(), totalMs)
  const either = AbortSignal.any([signal, ending.signal])
  const ask = createAsk({ signal: either, deadlineMs: requestMs, now })
  const lastingAsk = createAsk({ signal: new AbortController().signal, deadlineMs: requestMs, now })
  const { say } = report
  try {
    const { services, origins } = options
    await examine({ ...needs, auth, services, origins, signal: either, ask, lastingAsk, requestMs, now })
  } catch (error) {
    const rest = { check: 'rest', server: auth.name }
    if (error instanceof RateLimited) say({ ...wrong(limited(error)), ...rest })
    else if (!(error instanceof Stopped)) throw error
    else if (signal.aborted) say({ ...leftOut('Interrupted.'), ...rest })
    else say({ ...wrong(`The servers are too slow: not through after ${totalMs / 1000} s.`), ...rest })
  } finally {
    clearTimeout(timer)
  }
  const wrongs = report.end()
  if (signal.aborted) return 130
  return wrongs > 0 ? 1 : 0
}

const limited = ({ retryAfter }: RateLimited): string => {
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '') ? `Try again in ${retryAfter} s.` : 'Try again later.'
  return `A server answers 429, too many requests, and the rest was left out. ${seconds} When it is so for everybody, look at TRUSTED_PROXIES: without it all people behind a proxy share one limit.`
}
