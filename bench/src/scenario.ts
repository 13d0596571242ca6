import type { Claimed } from './claims.ts'
import type { Plot } from './plot.ts'
import type { Table } from './report.ts'

/** A store to measure on. */
export interface Store {
  readonly url: string
  /** What it is, with its version, for the report. */
  readonly about: string
  close(): Promise<void>
}

/** What the frame hands to a scenario. Whatever was started through it is closed when the scenario ends, however it ends. */
export interface Needs {
  /** A run to see whether everything works; its figures are not to be quoted. */
  readonly quick: boolean
  /** For everything that is drawn at random; printed with the result. */
  readonly seed: number
  /** What is going on now, for a person at a terminal. */
  readonly progress: (text: string) => void
  readonly startRedis: () => Promise<Store>
  readonly startPostgres: () => Promise<Store>
  /** Called at the end, the last one first: for processes and connections of the scenario's own. */
  readonly atEnd: (close: () => unknown) => void
}

export interface Result {
  /** Paragraphs for the reader: what was assumed, and what follows. */
  readonly notes: readonly string[]
  readonly tables: readonly Table[]
  readonly plot?: Plot
  /** The figures as they are, for machines. */
  readonly figures: unknown
  /** What was measured of the claims, when the scenario measures any. */
  readonly claimed?: Claimed
  /** What had to be reached and was not; the run fails when there is any. */
  readonly missed?: readonly string[]
}

export interface Scenario {
  /** One sentence for the list. */
  readonly about: string
  readonly run: (needs: Needs) => Promise<Result>
}
