import type { Note } from './notes.ts'

/** Takes down what is refused for a reason that belongs in the record, and hands the refusal on. */
export const createRefusalNotes =
  (note: (note: Note) => void, reasonOf: (error: unknown) => Pick<Note, 'event' | 'reason'> | undefined) =>
  async <Result>(about: Pick<Note, 'userId' | 'email' | 'from'>, work: Promise<Result>): Promise<Result> => {
    try {
      return await work
    } catch (error) {
      const refusal = reasonOf(error)
      const { userId, email, from } = about
      if (refusal) note({ ...refusal, userId, email, from })
      throw error
    }
  }
