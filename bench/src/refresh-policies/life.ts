import { createAgenda } from './agenda.ts'
import { type Thief, type Traffic, tokenMs, wireMs } from './habits.ts'
import type { Random } from './random.ts'
import type { Presented, Verdict } from './rules.ts'

interface LifeNeeds {
  readonly traffic: Traffic
  readonly random: Random
  /** The life ends after so many expiries of the access token, or at this time, whichever is given. */
  readonly cycles?: number
  readonly until?: number
  readonly thief?: Thief & { readonly copiesAt: number }
  readonly trace?: ((line: string) => void) | undefined
}

/** Who presented which token when the session was ended. */
export interface Death {
  readonly at: number
  readonly by: string
  readonly token: number
}

export type Life = Generator<Presented, Death | undefined, Verdict>

interface Jar {
  token: number
  issuedAt: number
}

interface Errand extends Jar {
  readonly by: string
  readonly jar: Jar
  step: 'copy' | 'send' | 'decide' | 'arrive'
}

/**
 * The life of one session. Yields each token that reaches the server, in the order of arrival, and wants to be told the verdict.
 * Returns how the session was ended, or undefined when it outlived the simulation. Times are whole milliseconds since it began.
 */
export function* liveSession(needs: LifeNeeds): Life {
  const { traffic, random, cycles = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY, thief } = needs
  const agenda = createAgenda<Errand>()
  const owner: Jar = { token: 1, issuedAt: 0 }
  const cycle = { count: 0, began: 0, underWay: 0, arrived: false }
  const trace = (at: number, line: string) => needs.trace?.(`${(at / 1000).toFixed(3).padStart(9)} s  ${line}`)
  const send = (at: number, by: string, jar: Jar) => agenda.add(at, { by, jar, step: 'send', token: 0, issuedAt: 0 })

  const beginCycle = (began: number): void => {
    if (cycle.count === cycles) return
    Object.assign(cycle, { count: cycle.count + 1, began, underWay: traffic.tabs, arrived: false })
    for (let tab = 1; tab <= traffic.tabs; tab++) send(began + random.between(0, traffic.spreadMs), `tab ${tab}`, owner)
  }
  /** When nothing is under way any more, the next expiry is that of the access token in the jar. */
  const finish = ({ jar, issuedAt }: Errand): void => {
    if (jar !== owner) send(issuedAt + tokenMs + random.between(0, thief?.spreadMs ?? 0), 'the thief', jar)
    else if (--cycle.underWay === 0) beginCycle((cycle.arrived ? owner.issuedAt : cycle.began) + tokenMs)
  }
  const copy = (at: number, { begins, spreadMs }: Thief): void => {
    trace(at, `the thief copies ${owner.token}`)
    const from = { 'at once': at, 'a life later': at + tokenMs, 'at expiry': owner.issuedAt + tokenMs }[begins]
    send(Math.max(at, from + random.between(0, begins === 'at once' ? 0 : spreadMs)), 'the thief', { ...owner })
  }
  const reply = (at: number, errand: Errand): void => {
    const mine = errand.jar === owner
    if (!(mine && random.chance(traffic.lost))) {
      errand.step = 'arrive'
      agenda.add(at + random.between(wireMs.least, mine ? traffic.replyMs : wireMs.most), errand)
    } else if (traffic.againMs) {
      send(at + random.between(...traffic.againMs), errand.by, owner)
    } else {
      finish(errand)
    }
  }

  beginCycle(tokenMs)
  if (thief) agenda.add(thief.copiesAt, { by: 'the thief', jar: owner, step: 'copy', ...owner })

  for (let due = agenda.next(); due && due.at <= until; due = agenda.next()) {
    const { at, entry: errand } = due
    const { by, jar } = errand
    if (errand.step === 'copy' && thief) {
      copy(at, thief)
    } else if (errand.step === 'send') {
      Object.assign(errand, { token: jar.token, step: 'decide' })
      agenda.add(at + random.between(wireMs.least, wireMs.most), errand)
    } else if (errand.step === 'decide') {
      const { token } = errand
      const verdict = yield { token, at }
      trace(at, `${by} presents ${token}, ${verdict.kind === 'reused' ? 'and is refused' : `gets ${verdict.token}`}`)
      if (verdict.kind === 'reused') return { at, by, token }
      Object.assign(errand, { token: verdict.token, issuedAt: at })
      reply(at, errand)
    } else {
      trace(at, `the reply with ${errand.token} reaches ${by}, over ${jar.token}`)
      Object.assign(jar, { token: errand.token, issuedAt: errand.issuedAt })
      if (jar === owner) cycle.arrived = true
      finish(errand)
    }
  }
  return undefined
}
