/**
 * Values under a bounded number of names; the one that was added first makes room. Only tokens that passed every check go
 * in, so junk cannot push a valid one out.
 */
export const createRemembered = <Value>(limit: number) => {
  const values = new Map<string, Value>()
  // goes on where it was: from the beginning, it would pass all the places that have been emptied, each time
  let oldest = values.keys()
  const makeRoom = () => {
    let next = oldest.next()
    if (next.done) {
      oldest = values.keys()
      next = oldest.next()
    }
    if (!next.done) values.delete(next.value)
  }
  return {
    get: (name: string): Value | undefined => values.get(name),
    set: (name: string, value: Value): void => {
      if (values.size >= limit) makeRoom()
      values.set(name, value)
    },
    delete: (name: string): void => void values.delete(name),
  }
}
