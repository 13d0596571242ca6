import type { Note } from './notes.ts'

type About = Pick<Note, 'userId' | 'email' | 'from'>
type ReasonOf = (error: unknown) => Pick<Note, 'event' | 'reason'> | undefined

/** Takes down what is refused for a reason that belongs in the record, and hands the refusal on. */
export const createRefusalNotes = (note: (note: Note) => void, reasonOf: ReasonOf) => {
  const handOn = (error: unknown, { userId, email, from }: About): never => {
    const refusal = reasonOf(error)
    if (refusal) note({ ...refusal, userId, email, from })
    throw error
  }
  return {
    /** Of what is decided at once. */
    noted: <Result>(about: About, work: () => Result): Result => {
      try {
        return work()
      } catch (error) {
        return handOn(error, about)
      }
    },
    /** Of what takes its time. */
    notedLater: <Result>(about: About, work: Promise<Result>): Promise<Result> =>
      work.catch(error => handOn(error, about)),
  }
}
