import type { Opening, Session, SignInNeeds } from './needs.ts'

/** Opens a session for a sign-in that stands in the record, or none: nobody is signed in without a trace. */
export const openRecorded = async (
  { openSession, recordSignIn, discardSession }: SignInNeeds,
  opening: Opening,
): Promise<Session> => {
  const session = await openSession(opening)
  try {
    const { userId, sessionId, transport } = session
    await recordSignIn({ userId, sessionId, tokenStays: transport === 'fixed', from: opening.from })
    return session
  } catch (error) {
    // left behind, it would only be a few bytes until it expires
    await discardSession(session).catch(() => {})
    throw error
  }
}
