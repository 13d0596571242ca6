/** What the doctor says of one thing that it looked at. */
export interface Verdict {
  readonly level: Level
  readonly text: string
}

/** `note` is what an operator should know and may well want so; `left out` is what was not looked at. */
export type Level = 'ok' | 'note' | 'wrong' | 'left out'

/** A verdict, with what it is about. */
export interface Finding extends Verdict {
  readonly check: string
  /** Which of the servers, as it was named on the command line. */
  readonly server: string
}

export const ok = (text: string): Verdict => ({ level: 'ok', text })
export const note = (text: string): Verdict => ({ level: 'note', text })
export const wrong = (text: string): Verdict => ({ level: 'wrong', text })
export const leftOut = (text: string): Verdict => ({ level: 'left out', text })

/**
 * What a server said, fit to be repeated: quoted, short, and without characters that a terminal would act on.
 * SECURITY: the server that is looked at need not be a friend.
 */
export const quote = (text: unknown): string => {
  const said = typeof text === 'string' ? text : (JSON.stringify(text) ?? 'nothing')
  const tame = said.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
  return `"${tame.length > 120 ? `${tame.slice(0, 120)}…` : tame}"`
}
