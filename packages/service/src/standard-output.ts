import { writeSync } from 'node:fs'
import sonic from 'sonic-boom'
import { atMostEvery } from './at-most-every.ts'

/** Lines beyond it are dropped while nothing can be written, in bytes. */
const mostKept = 16 * 1024 * 1024

/** How often standard output is tried once more in a row when the process ends, 100 ms apart. */
const lastTries = 10

/** When nothing could be written for so long, nobody reads, in milliseconds: lines are written once a second. */
const stalledMs = 2500

interface StandardOutput {
  write(line: string): void
  /** Calls back once all is written, or cannot be. */
  flush(done: (error?: Error) => void): void
}

/**
 * Standard output for a log: no request waits for it, and a server does not end with it. A slow reader, or a disk that was full, gets what came meanwhile
 * (16 MiB of it) once it can be written. When the reader has gone there will be none any more, and the lines are dropped.
 *
 * pino's own destination ends the process at a full disk, and its way out never ends: it tries a pipe without a reader for ever.
 *
 * @param name whose log it is, for what is said on standard error when it cannot be written
 */
export const standardOutput = (name: string): StandardOutput => {
  const lastWords = createLastTries()
  const output = new sonic.SonicBoom({
    fd: 1,
    minLength: 4096,
    periodicFlush: 1000,
    maxLength: mostKept,
    retryEAGAIN: (_error, writing, waiting) => lastWords.mayTry(writing + waiting),
  })
  let isRead = true
  const dueToSay = atMostEvery(60_000)
  const stall = createStall()
  output.on('write', stall.moved)
  output.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    stall.moved(0)
    if (code === 'EPIPE' && isRead) {
      isRead = false
      output.destroy()
      complain(`Nobody reads the log of ${name} any more; it goes on without one.`)
    } else if (isRead && dueToSay()) {
      complain(
        `The log of ${name} cannot be written (${message}). It goes on, and keeps up to 16 MiB of lines until it can.`,
      )
    }
  })
  output.on('drop', (dropped: string) => {
    stall.moved(Buffer.byteLength(dropped))
    if (dueToSay()) complain(`The log of ${name} is read too slowly, or not at all: lines are dropped.`)
  })

  // the lines of one turn of the event loop are handed over together: for each piece, it goes through all it has collected
  let lines = ''
  const handOver = () => {
    if (lines !== '' && isRead) {
      output.write(lines)
      stall.handedOver(Buffer.byteLength(lines))
    }
    lines = ''
  }
  process.on('exit', () => {
    handOver()
    if (!isRead) return
    // a write that nobody takes blocks its thread, the next one would block this one, and the process would wait for both for ever
    if (stall.isStalled()) process.kill(process.pid, 'SIGKILL')
    lastWords.begin()
    try {
      output.flushSync()
    } catch {
      // there is nobody left to tell
    }
  })
  return {
    write: line => {
      if (lines === '') setImmediate(handOver)
      lines += line
    },
    flush: done => {
      handOver()
      if (isRead) output.flush(done)
      else done()
    },
  }
}

/** Whether what was handed over hangs. */
const createStall = () => {
  let [left, movedAt] = [0, 0]
  return {
    handedOver: (bytes: number) => {
      if (left <= 0) movedAt = performance.now()
      left += bytes
    },
    /** Written, dropped, or refused at once, which is no bytes: nothing hangs. */
    moved: (bytes: number) => {
      left -= bytes
      movedAt = performance.now()
    },
    isStalled: () => left > 0 && performance.now() - movedAt > stalledMs,
  }
}

/** While the process runs it is tried for ever; at its end as long as something moves, and a second more. */
const createLastTries = () => {
  let [isEnding, tries, leastLeft] = [false, 0, Number.POSITIVE_INFINITY]
  return {
    begin: () => {
      isEnding = true
    },
    mayTry: (left: number): boolean => {
      if (!isEnding) return true
      if (left < leastLeft) [leastLeft, tries] = [left, 0]
      return ++tries < lastTries
    },
  }
}

const complain = (text: string): void => {
  try {
    writeSync(2, `${text}\n`)
  } catch {
    // standard error has often gone the same way
  }
}
