/** What is to happen, in the order of its time; at one time, in the order in which it was planned. */
export interface Agenda<Entry> {
  add(at: number, entry: Entry): void
  next(): { readonly at: number; readonly entry: Entry } | undefined
}

export const createAgenda = <Entry>(): Agenda<Entry> => {
  // the latest first; there are never more than a few dozen
  const entries: { at: number; entry: Entry }[] = []
  return {
    add: (at, entry) => {
      let place = entries.length
      while (place > 0 && at >= (entries[place - 1]?.at ?? 0)) place--
      entries.splice(place, 0, { at, entry })
    },
    next: () => entries.pop(),
  }
}
