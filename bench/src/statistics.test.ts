import { niceTicks } from './plot.ts'
import { mean, median, percentile } from './statistics.ts'

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
