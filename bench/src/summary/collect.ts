import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { boundOf, type Claimed, type ClaimName, claimNames, claims, figureOf, isKept } from '../claims.ts'
import type { Machine } from '../machine.ts'
import type { Ranking } from '../plot-ranking.ts'

/** One claim, with what was measured of it. */
export interface SummaryRow {
  readonly claim: ClaimName
  readonly what: string
  readonly mustReach: string
  /** Not measured yet, when it is missing. */
  readonly measured?: {
    readonly figure: number
    readonly shown: string
    readonly isKept: boolean
    readonly date: string
    readonly machine: string
    readonly command: string
  }
}

export interface Summary {
  /** Figures of a quick run are not to be quoted. */
  readonly quick: boolean
  readonly rows: readonly SummaryRow[]
  /** Requests a second of the protected route and its peers, the fastest first. */
  readonly ranking: Ranking['rows']
  /** `name version` of what the peers are made of. */
  readonly versions: readonly string[]
}

interface Measured {
  readonly date: string
  readonly machine: Machine
  readonly command: string
  readonly claimed?: Claimed
  readonly figures: unknown
}

/** What the results of the scenarios say of the claims. */
export const collect = (resultsDir: string, quick: boolean): Summary => {
  const read = (scenario: string): Measured | undefined => {
    const file = join(resultsDir, `${scenario}${quick ? '.quick' : ''}.json`)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Measured) : undefined
  }
  const rows = claimNames.map((claim): SummaryRow => {
    const { scenario, what } = claims[claim]
    const row = { claim, what, mustReach: boundOf(claim) }
    const result = read(scenario)
    const figure = result?.claimed?.[claim]
    if (result === undefined || figure === undefined) return row
    const { date, machine, command } = result
    const { cpu, cores, node } = machine
    const shown = `${figureOf(claim, figure)}${shownUnits.get(claims[claim].unit) ?? ''}`
    const where = { date, machine: `${cpu}, ${cores} cores, Node ${node}`, command }
    return { ...row, measured: { figure, shown, isKept: isKept(claim, figure), ...where } }
  })
  const restricted = read('restricted')?.figures as Partial<Pick<Summary, 'ranking' | 'versions'>> | undefined
  return { quick, rows, ranking: restricted?.ranking ?? [], versions: restricted?.versions ?? [] }
}

/** Units that say something beside the figure itself; the others are told by what must be reached. */
const shownUnits: ReadonlyMap<string, string> = new Map([
  ['µs', ' µs'],
  ['bytes', ' bytes'],
])
