import { createRecentRefusals } from './recent-refusals.ts'

describe('a refusal', () => {
  let time = 0
  const refusals = () => createRecentRefusals(() => time)

  test('is believed for a second, with what is left to wait, and for no longer than it was meant', () => {
    time = 50_000
    const recent = refusals()
    recent.add('one', 30_000)
    recent.add('short', 200)
    expect([recent.waitMs('one'), recent.waitMs('short'), recent.waitMs('another')]).toEqual([30_000, 200, 0])
    time += 199.5
    expect([recent.waitMs('one'), recent.waitMs('short')]).toEqual([29_801, 1])
    time += 0.5
    expect(recent.waitMs('short')).toBe(0)
    time += 799
    expect(recent.waitMs('one')).toBe(29_001)
    time += 1
    expect(recent.waitMs('one')).toBe(0)
  })

  test('is forgotten when somebody gives back, and when there are too many', () => {
    const recent = refusals()
    for (const key of ['one', 'another']) recent.add(key, 30_000)
    recent.forget('one')
    expect([recent.waitMs('one'), recent.waitMs('another')]).toEqual([0, 30_000])
    for (let i = 0; i < 10_000; i++) recent.add(`${i}`, 30_000)
    expect([recent.waitMs('another'), recent.waitMs('9999')]).toEqual([0, 30_000])
  })
})
