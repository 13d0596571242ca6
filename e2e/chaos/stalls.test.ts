import { setTimeout as wait } from 'node:timers/promises'
import { watchStalls } from './stalls.ts'

describe('the watch for stalls', () => {
  test('knows the operations into which one fell', async () => {
    const stalls = watchStalls()
    await wait(50)
    const began = performance.now()
    // the whole process stands still
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    const ended = performance.now()
    await wait(50)
    stalls.stop()
    expect(stalls.met({ at: began - 500, endedAt: ended + 500 })).toBe(true)
    expect(stalls.met({ at: began + 10, endedAt: ended - 10 })).toBe(true)
    expect(stalls.met({ at: began - 5000, endedAt: began - 4000 })).toBe(false)
    expect(stalls.met({ at: ended + 10_000, endedAt: ended + 10_001 })).toBe(false)
  })
})
