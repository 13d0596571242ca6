import { distinctChildren, previousAccepted, type Session, strictRotation } from './rules.ts'

const s = 1000
const hour = 3_600_000

/** Presents tokens at times, and gives back what was answered; 0 for a reuse. */
const answers = (session: Session, presented: readonly (readonly [token: number, at: number])[]): number[] =>
  presented.map(([token, at]) => {
    const verdict = session({ token, at })
    return verdict.kind === 'rotated' ? verdict.token : 0
  })

describe('strict rotation', () => {
  test('takes each token once', () => {
    expect(
      answers(strictRotation(), [
        [1, 0],
        [2, 0],
        [3, hour],
        [3, hour],
      ]),
    ).toEqual([2, 3, 4, 0])
  })
})

describe('the previous token, always accepted', () => {
  const open = previousAccepted(10 * s)

  test('gets the newest at any time, and turns nothing', () => {
    expect(
      answers(open(), [
        [1, 0],
        [1, hour],
        [1, 2 * hour],
        [2, 3 * hour],
      ]),
    ).toEqual([2, 2, 2, 3])
  })

  test('an older one gets the newest within the interval of the last refresh, and is a reuse from then on', () => {
    const turns = [
      [1, 0],
      [2, hour],
    ] as const
    expect(answers(open(), [...turns, [1, hour + 10 * s - 1]])).toEqual([2, 3, 3])
    expect(answers(open(), [...turns, [1, hour + 10 * s]])).toEqual([2, 3, 0])
    // whatever is answered begins the interval again
    expect(answers(open(), [...turns, [1, hour + 9 * s], [1, hour + 18 * s]])).toEqual([2, 3, 3, 3])
  })
})

describe('distinct children', () => {
  const open = distinctChildren(30 * s)

  test('are given out at every use, until one of them is used', () => {
    expect(
      answers(open(), [
        [1, 0],
        [1, hour],
        [1, 2 * hour],
        [3, 3 * hour],
      ]),
    ).toEqual([2, 3, 4, 5])
  })

  test('that come after their sibling are a reuse', () => {
    expect(
      answers(open(), [
        [1, 0],
        [1, 0],
        [2, hour],
        [3, hour],
      ]),
    ).toEqual([2, 3, 4, 0])
  })

  test('leave their parent its time, and then it is a reuse', () => {
    const promoted = [
      [1, 0],
      [2, hour],
    ] as const
    expect(answers(open(), [...promoted, [1, hour + 30 * s - 1], [3, 2 * hour]])).toEqual([2, 3, 4, 5])
    expect(answers(open(), [...promoted, [1, hour + 30 * s]])).toEqual([2, 3, 0])
    expect(answers(distinctChildren(0)(), [...promoted, [1, hour]])).toEqual([2, 3, 0])
  })

  test('of a parent that had its time only are a reuse', () => {
    expect(
      answers(open(), [
        [1, 0],
        [2, hour],
        [1, hour],
        [4, hour + 1],
      ]),
    ).toEqual([2, 3, 4, 0])
  })
})
