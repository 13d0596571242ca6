import { seeded } from './random.ts'

describe('chance from a seed', () => {
  const draw = (random = seeded(42)) => Array.from({ length: 5 }, () => random.below(1000))

  test('can be had again, and another seed is another chance', () => {
    expect(draw()).toEqual(draw())
    expect(draw(seeded(43))).not.toEqual(draw())
  })

  test('of one use does not hang on what others draw', () => {
    const [quiet, busy] = [seeded(42), seeded(42)]
    draw(busy)
    expect(draw(busy.fork('load'))).toEqual(draw(quiet.fork('load')))
    expect(draw(quiet.fork('load'))).not.toEqual(draw(quiet.fork('clients')))
  })

  test('is about even', () => {
    const random = seeded(42)
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.2)).filter(Boolean).length
    expect(hits).toBeGreaterThan(1900)
    expect(hits).toBeLessThan(2100)
    expect(random.pick([])).toBeUndefined()
  })
})
