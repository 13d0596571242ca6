import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLocalRateLimit } from './local-rate-limit.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const usedHeap = () => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

describe('a limit that one server keeps', () => {
  test('gives so many at once, then one each time that one is back, and never more', () => {
    let time = 0
    const limit = createLocalRateLimit('refresh', { count: 10, perS: 100 }, () => time)
    for (let i = 0; i < 10; i++) expect(limit.take('a')).toBe(0)
    expect(limit.take('a')).toBe(10_000)
    time += 9_800
    expect(limit.take('a')).toBe(200)
    time += 200
    expect([limit.take('a'), limit.take('a')]).toEqual([0, 10_000])
    expect(limit.take('b')).toBe(0)
    time += 1_000_000
    for (let i = 0; i < 10; i++) expect(limit.take('a')).toBe(0)
    expect(() => limit.demand('a')).toThrow(
      expect.objectContaining({
        code: 'too-many-requests',
        limit: 'refresh',
        headers: expect.objectContaining({ 'Retry-After': '10' }),
      }),
    )
  })

  test('forgets keys that have everything back, and no others', () => {
    let time = 0
    const limit = createLocalRateLimit('refresh', { count: 2, perS: 10 }, () => time)
    limit.take('old')
    limit.take('old')
    time += 9_000
    for (let i = 0; i < 50_000; i++) limit.take(`key ${i}`)
    // still counted, although the others were more than a few
    expect([limit.take('old'), limit.take('old')]).toEqual([0, 1_000])
    const before = usedHeap()
    for (let round = 0; round < 20; round++) {
      time += 20_000
      for (let i = 0; i < 50_000; i++) limit.take(`round ${round} key ${i}`)
    }
    // a million keys would be some eighty megabytes
    expect(usedHeap() - before).toBeLessThan(30 * 2 ** 20)
  })

  test('is none when it is off', () => {
    const limit = createLocalRateLimit('refresh', undefined)
    for (let i = 0; i < 1000; i++) limit.demand('a')
    expect(limit.take('a')).toBe(0)
  })
})
