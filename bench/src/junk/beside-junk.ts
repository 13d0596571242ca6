import { setTimeout as wait } from 'node:timers/promises'
import { cpuTimeUs } from '../cpu-time.ts'
import { type Load, sendLoad } from '../load/load.ts'
import { type Paced, startPacedSender } from './start-paced-sender.ts'

/** What became of the junk in one round. */
export interface Flooded {
  /** That was refused a second. */
  readonly junkPerSecond: number
  /** CPU time of the server for one that is refused, when a valid one takes what it takes without junk, in microseconds. */
  readonly refusalUs: number
  /** Of one core's time, what the process took that sends the junk. */
  readonly senderShare: number
}

interface BesideJunkNeeds {
  /** The server's process. */
  readonly pid: number
  readonly valid: Load
  readonly junk: Paced
  /** How long the junk comes before anything is measured. */
  readonly inStrideMs: number
}

/** Measures a server alone and beside junk, and remembers what each round came to. */
export const createBesideJunk = ({ pid, valid, junk, inStrideMs }: BesideJunkNeeds) => {
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
        const refused = after.refused - before.refused
        if (refused !== after.answered - before.answered) throw new Error('junk was answered otherwise than with 4xx')
        flooded.push({
          junkPerSecond: (refused / lastedMs) * 1000,
          refusalUs: (result.cpuUs - result.requests * (validUs.at(-1) ?? Number.NaN)) / refused,
          senderShare: (senderAfter - senderBefore) / 1000 / lastedMs,
        })
        return result.perSecond
      } finally {
        await sending.stop()
      }
    },
  }
}
