import { setTimeout as wait } from 'node:timers/promises'
import type { Answer, Ask } from './ask.ts'
import { type Ahead, aheadOf, between, certain, type Sample } from './clock.ts'
import { note, ok, type Verdict, wrong } from './finding.ts'
import { aliveUrl, type Target } from './targets.ts'

/** Differences that are spoken of, and that break things: verifiers allow 5 s. Milliseconds. */
const noteMs = 2000
export const wrongMs = 5000

/** `Date` tells whole seconds: asked at different parts of one, it tells more. */
const samples = 5
const pauseMs = 230

/** How far each server's clock is ahead of this machine's, by the `Date` of its answers. */
export const readClocks = async (targets: readonly Target[], ask: Ask): Promise<Map<Target, Ahead>> => {
  const seen = new Map(targets.map(target => [target, [] as Sample[]]))
  for (let i = 0; i < samples; i++) {
    if (i > 0) await wait(pauseMs)
    for (const [target, list] of seen) {
      const sample = dateOf(await ask({ url: aliveUrl(target) }))
      if (sample) list.push(sample)
    }
  }
  const clocks = [...seen].map(([target, list]) => [target, aheadOf(list)] as const)
  return new Map(clocks.filter((clock): clock is readonly [Target, Ahead] => clock[1] !== undefined))
}

const dateOf = ({ header, sentAt, receivedAt }: Answer): Sample | undefined => {
  const second = Date.parse(header('Date') ?? '')
  return Number.isNaN(second) ? undefined : { second, sentAt, receivedAt }
}

/** What is to be said of one server's clock. `others` are those of the other servers. */
export const clockVerdict = (ahead: Ahead | undefined, others: readonly Ahead[]): Verdict => {
  if (!ahead) return note('There is no Date in its answers: its clock is not known.')
  const off = certain(ahead)
  if (Math.abs(off) < noteMs) return ok('Its clock agrees with that of this machine.')
  const text = `Its clock is ${inSeconds(off)} this machine's.`
  const agree = others.length > 0 && others.every(other => Math.abs(certain(between(ahead, other))) < noteMs)
  if (agree)
    return note(`${text} The servers agree among themselves: it is this machine's that is wrong, or all of theirs.`)
  if (Math.abs(off) < wrongMs) return note(`${text} More than 5 s between servers breaks tokens: set it by NTP.`)
  return wrong(
    `${text} Tokens are refused as not yet valid or expired when servers differ by more than 5 s: set all clocks by NTP.`,
  )
}

/** What is to be said of the clocks of a service and the auth-server. */
export const pairVerdict = (service: Ahead, auth: Ahead): Verdict => {
  const off = certain(between(service, auth))
  if (Math.abs(off) < noteMs) return ok("Its clock agrees with the auth-server's.")
  const text = `Its clock is ${inSeconds(off)} the auth-server's.`
  if (Math.abs(off) < wrongMs) return note(`${text} Up to 5 s are forgiven: set both by NTP.`)
  const then =
    off < 0 ? 'takes new tokens for not yet valid, and refuses them' : 'takes tokens for expired before their time'
  return wrong(`${text} It ${then}. Set both by NTP.`)
}

const inSeconds = (ms: number): string =>
  `at least ${(Math.abs(ms) / 1000).toFixed(1)} s ${ms > 0 ? 'ahead of' : 'behind'}`
