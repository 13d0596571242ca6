import { setTimeout as wait } from 'node:timers/promises'
import { cpuTimeUs } from '../cpu-time.ts'
import { type Load, sendLoad } from '../load/load.ts'
import { type Paced, startPacedSender } from './start-paced-sender.ts'

/** What became of the junk in one round. */
export interface Flooded {
  /** That was answered a second. */
  readonly junkPerSecond: number
  /** CPU time of the server for one of them, when a valid one takes what it takes without junk, in microseconds. */
  readonly junkUs: number
  /** Of one core's time, what the process took that sends the junk. */
  readonly senderShare: number
}

interface BesideJunkNeeds {
  /** The server's process. */
  readonly pid: number
  readonly valid: Load
  readonly junk: Paced
  /** Whether it refuses junk. One that does not shows what any request costs. */
  readonly refuses: boolean
  /** How long the junk comes before anything is measured. */
  readonly inStrideMs: number
}

/** Measures a server alone and beside junk, and remembers what each round came to. */
export const createBesideJunk = ({ pid, valid, junk, refuses, inStrideMs }: BesideJunkNeeds) => {
  const validUs: number[] = []
  const flooded: Flooded[] = []
  const load = async () => {
    const before = cpuTimeUs(pid)
    const result = await sendLoad(valid)
    return { ...result, cpuUs: cpuTimeUs(pid) - before }
  }
  return {
    /** CPU time for a valid request without junk, by round. */
    validUs,
    flooded,
    alone: async (): Promise<number> => {
      const result = await load()
      validUs.push(result.cpuUs / result.requests)
      return result.perSecond
    },
    besideJunk: async (): Promise<number> => {
      const sending = startPacedSender(junk)
      try {
        await wait(inStrideMs)
        const [before, senderBefore] = [await sending.counts(), cpuTimeUs(sending.pid)]
        const result = await load()
        const [after, senderAfter] = [await sending.counts(), cpuTimeUs(sending.pid)]
        const lastedMs = after.atMs - before.atMs
        const answered = after.answered - before.answered
        if (after.refused - before.refused !== (refuses ? answered : 0))
          throw new Error(`junk was ${refuses ? 'not ' : ''}refused`)
        flooded.push({
          junkPerSecond: (answered / lastedMs) * 1000,
          junkUs: (result.cpuUs - result.requests * (validUs.at(-1) ?? Number.NaN)) / answered,
          senderShare: (senderAfter - senderBefore) / 1000 / lastedMs,
        })
        return result.perSecond
      } finally {
        await sending.stop()
      }
    },
  }
}
