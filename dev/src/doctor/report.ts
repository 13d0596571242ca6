import { styleText } from 'node:util'
import { type Finding, type Level, show } from './finding.ts'

interface ReportNeeds {
  readonly out: NodeJS.WritableStream
  /** A JSON object a line, in place of sentences. */
  readonly json: boolean
}

export interface Report {
  say(finding: Finding): void
  /** Nothing that is said from here on holds this value. */
  conceal(secret: string): void
  /** The last line. Returns how many findings say `wrong`. */
  end(): number
}

const colours = { ok: 'green', note: 'yellow', wrong: 'red', 'left out': 'dim' } as const

/** Writes a line for each finding. Colour is for terminals, and `NO_COLOR` turns it off. */
export const createReport = ({ out, json }: ReportNeeds): Report => {
  const counts: Record<Level, number> = { ok: 0, note: 0, wrong: 0, 'left out': 0 }
  const secrets = new Set<string>()
  const write = (line: string): void => void out.write(`${line}\n`)
  return {
    say: finding => {
      const { level, check } = finding
      // SECURITY: a server may send back what it was sent, in any of its words. Hidden before JSON escapes anything
      const [server, text] = [show(finding.server, secrets), show(finding.text, secrets)]
      counts[level]++
      if (json) return write(JSON.stringify({ level, check, server, text }))
      write(`${styleText(colours[level], level.padEnd(8), { stream: out })}  ${server}  ${check}: ${text}`)
    },
    conceal: secret => {
      // a short one would make holes in ordinary words
      if (secret.length >= 8) secrets.add(secret)
    },
    end: () => {
      const sum = (Object.keys(counts) as Level[]).map(level => `${counts[level]} ${level}`).join(', ')
      if (!json) write(`\n${sum}`)
      return counts.wrong
    },
  }
}
