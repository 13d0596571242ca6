import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Event } from './events.ts'

type Unstamped<Item> = Item extends Event ? Omit<Item, 'at' | 'wall'> : never

/** Writes events down as they happen, a line of JSON each, and keeps them. */
export interface Recorder {
  readonly events: readonly Event[]
  record(event: Unstamped<Event>): Event
  close(): Promise<void>
}

export const createRecorder = (file: string): Recorder => {
  const events: Event[] = []
  let closed = false
  const stream = createWriteStream(file)
  return {
    events,
    record: unstamped => {
      const event = { at: performance.now(), wall: Date.now(), ...unstamped }
      events.push(event)
      // an experiment that ran out of time may still have something to say
      if (!closed) stream.write(`${JSON.stringify(event)}\n`)
      return event
    },
    close: async () => {
      closed = true
      stream.end()
      await finished(stream)
    },
  }
}
