import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

interface QuietNeeds {
  /** How long the machine has to be quiet, in milliseconds. */
  readonly forMs: number
  /** The longest to wait for it, in milliseconds; then it is measured all the same. */
  readonly atMostMs: number
}

/** The share of all cores' time that may be used. */
const quiet = 0.15

const cpuTimes = () => {
  const times = cpus().map(({ times }) => times)
  const sum = (figures: number[]) => figures.reduce((total, figure) => total + figure, 0)
  return {
    idle: sum(times.map(({ idle }) => idle)),
    all: sum(times.map(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq)),
  }
}

/** Waits until nobody else is at work on this machine: for what was measured before to come to its end, and for other people. */
export const untilQuiet = async ({ forMs, atMostMs }: QuietNeeds): Promise<boolean> => {
  const until = performance.now() + atMostMs
  do {
    const before = cpuTimes()
    await wait(forMs)
    const after = cpuTimes()
    if (1 - (after.idle - before.idle) / (after.all - before.all) < quiet) return true
  } while (performance.now() < until)
  return false
}
