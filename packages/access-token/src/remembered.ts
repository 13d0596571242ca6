/**
 * Values under a bounded number of names; the one that was added first makes room. Only tokens that passed every check go
 * in, so junk cannot push a valid one out.
 */
export const createRemembered = <Value>(limit: number) => {
  const values = new Map<string, Value>()
  return {
    get: (name: string): Value | undefined => values.get(name),
    set: (name: string, value: Value): void => {
      if (values.size >= limit) {
        const [oldest] = values.keys()
        if (oldest !== undefined) values.delete(oldest)
      }
      values.set(name, value)
    },
    delete: (name: string): void => void values.delete(name),
  }
}
