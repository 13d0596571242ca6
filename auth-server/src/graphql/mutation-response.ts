import { type FieldComplaint, Problem, type ProblemCode } from '@auth-pair/service'

/** The answer to the mutations that older clients know, with the status that REST would answer with. */
export interface MutationResponse {
  readonly status: number
  readonly errors: readonly FieldComplaint[]
  readonly payload: string | null
}

/** The argument that a problem is about, where it is about one. */
const pathOf: Partial<Record<ProblemCode, string>> = {
  'email-taken': 'email',
  'invalid-credentials': 'password',
}

/**
 * Answers with what was done, or with why it was refused. What failed on our side is thrown on: nothing was decided, and these answers have no
 * status for it.
 */
export const mutationResponse = async (
  status: 200 | 201,
  act: () => Promise<string | null>,
  refused: (problem: Problem) => void,
): Promise<MutationResponse> => {
  try {
    return { status, errors: [], payload: await act() }
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    refused(error)
    return { status: error.status, errors: complaintsOf(error), payload: null }
  }
}

const complaintsOf = ({ code, message, detail, errors }: Problem): readonly FieldComplaint[] =>
  errors ?? [{ path: pathOf[code] ?? '', message: detail === undefined ? `${message}.` : `${message}. ${detail}` }]
