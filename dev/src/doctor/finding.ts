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

/** Around what a server said, until it is shown. Nothing that is said can hold them: they are of those that `tame` takes out. */
const [open, close] = ['\ue000', '\ue001']

/**
 * What a server said, fit to be repeated by a report: without characters that a terminal would act on.
 * SECURITY: the server that is looked at need not be a friend.
 */
export const quote = (text: unknown): string =>
  `${open}${tame(typeof text === 'string' ? text : (JSON.stringify(text) ?? 'nothing'))}${close}`

/**
 * A text as it is shown: each secret is hidden, and what was quoted is short and in quotation marks.
 * SECURITY: hidden before it is cut, because half a secret would not be found.
 */
export const show = (text: string, secrets: Iterable<string>): string => {
  let hidden = text
  for (const secret of secrets)
    for (const form of new Set([secret, tame(secret), tame(JSON.stringify(secret).slice(1, -1))]))
      hidden = hidden.replaceAll(form, '(hidden)')
  return hidden.replace(/\ue000([^\ue001]*)\ue001/g, (_whole, said: string) => `"${cut(said)}"`)
}

const tame = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')

const cut = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text)
