import { describeHonest, describeThefts, foundByMinute } from './describe.ts'

test.each([
  [0, 10_000, '0'],
  [1, 10_000, '0.01 %'],
  [50, 200, '25.0 %'],
  [9_999, 10_000, '99.99 %'],
  [200, 200, '100 %'],
])('%d of %d is written as %s: neither none nor all when it is not', (ended, runs, written) => {
  expect(describeHonest({ ended, runs, trace: [] })).toBe(written)
})

test('thefts are written with the mean of those that were found', () => {
  expect(describeThefts({ runs: 4, found: 2, meanMinutes: 1.5, byMinute: [0, 1, 2] })).toBe('50.0 %, mean 1.5 min')
  expect(describeThefts({ runs: 4, found: 0, meanMinutes: Number.NaN, byMinute: [0] })).toBe('0')
  expect(foundByMinute({ runs: 4, found: 2, meanMinutes: 1.5, byMinute: [0, 1, 2] })).toEqual([
    [0, 0],
    [1, 25],
    [2, 50],
  ])
})
