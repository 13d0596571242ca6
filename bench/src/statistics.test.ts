import { createRandom } from './refresh-policies/random.ts'
import { mannWhitney, mean, median, percentile } from './statistics.ts'
import { niceTicks } from './svg.ts'

test.each([
  [[3], 0.5, 3],
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 2, 3], 0.5, 2.5],
  [[0, 10], 0.99, 9.9],
  [[5, 1, 9], 0, 1],
  [[5, 1, 9], 1, 9],
])('of %j the share %d lies below %d', (figures, share, expected) => {
  expect(percentile(figures, share)).toBeCloseTo(expected)
})

test('the median and the mean of no figures are no number', () => {
  expect(() => median([])).toThrow('no figures')
  expect(mean([])).toBeNaN()
})

test.each([0, 0.003, 0.7, 1, 9, 68, 100, 12_345])('the ticks of an axis up to %d are few, even and reach it', max => {
  const ticks = niceTicks(max)
  expect(ticks[0]).toBe(0)
  expect(ticks.at(-1)).toBeGreaterThanOrEqual(max)
  expect(ticks.length).toBeLessThanOrEqual(9)
  expect(ticks.at(-2) ?? 0).toBeLessThanOrEqual(max)
})

describe('the test of Mann and Whitney', () => {
  test.each([
    // worked out by hand; the second pair has ties, and a variance of 11.142857
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0, 0.0122],
    [[1, 2, 2, 3], [2, 3, 4, 4], 2.5, 0.1342],
    [[7, 7, 7], [7, 7], 3, 1],
  ])('finds in %j and %j that %d pairs are in order, with p = %d', (first, second, u, p) => {
    const found = mannWhitney(first, second)
    expect(found.u).toBe(u)
    expect(found.p).toBeCloseTo(p, 4)
    expect(mannWhitney(second, first).p).toBeCloseTo(p, 4)
  })

  test('tells samples apart that are a little apart, and not those that are not', () => {
    const random = createRandom(5)
    // the sum of four even draws is bell-shaped enough
    const sample = (mean: number) =>
      Array.from({ length: 300 }, () => mean + [1, 2, 3, 4].reduce(sum => sum + random.between(-100, 100) / 100, 0))
    expect(mannWhitney(sample(50), sample(50.5)).p).toBeLessThan(0.001)
    const pValues = Array.from({ length: 200 }, () => mannWhitney(sample(50), sample(50)).p)
    const share = pValues.filter(p => p < 0.1).length / pValues.length
    expect(share).toBeGreaterThan(0.04)
    expect(share).toBeLessThan(0.17)
  })
})
