/** A function that says whether it is time again: true at most once in so many milliseconds. */
export const atMostEvery = (milliseconds: number): (() => boolean) => {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (now - last < milliseconds) return false
    last = now
    return true
  }
}
