import { writeSync } from 'node:fs'
import sonic from 'sonic-boom'
import { atMostEvery } from './at-most-every.ts'

/** Lines beyond it are dropped while nothing can be written, in bytes. */
const mostKept = 16 * 1024 * 1024

/** How often standard output is tried once more when the process ends and nobody reads, 100 ms apart. */
const lastTries = 10

interface StandardOutput {
  write(line: string): void
  /** Calls back once all is written, or cannot be. */
  flush(done: (error?: Error) => void): void
}

/**
 * Standard output for a log: nothing waits for it, nothing ends with it. A slow reader, or a disk that was full, gets what came meanwhile
 * (16 MiB of it) once it can be written. When the reader has gone there will be none any more, and the lines are dropped.
 *
 * pino's own destination ends the process at a full disk, and its way out never ends: it tries a pipe without a reader for ever.
 *
 * @param name whose log it is, for the one line to standard error when it cannot be written
 */
export const standardOutput = (name: string): StandardOutput => {
  let [isEnding, tries] = [false, 0]
  const output = new sonic.SonicBoom({
    fd: 1,
    minLength: 4096,
    periodicFlush: 1000,
    maxLength: mostKept,
    retryEAGAIN: () => !isEnding || ++tries < lastTries,
  })
  let isRead = true
  const dueToSay = atMostEvery(60_000)
  output.on('error', ({ code, message }: NodeJS.ErrnoException) => {
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

  // the lines of one turn of the event loop are handed over together: for each piece, it goes through all it has collected
  let lines = ''
  const handOver = () => {
    if (lines !== '' && isRead) output.write(lines)
    lines = ''
  }
  process.on('exit', () => {
    handOver()
    isEnding = true
    try {
      if (isRead) output.flushSync()
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

const complain = (text: string): void => {
  try {
    writeSync(2, `${text}\n`)
  } catch {
    // standard error has often gone the same way
  }
}
