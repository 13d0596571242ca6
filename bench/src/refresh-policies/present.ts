import type { Result } from '../scenario.ts'
import { beyond, columns, quiet, thieves } from './conditions.ts'
import { describeHonest, describeThefts, foundByMinute } from './describe.ts'
import type { Honest, Thefts } from './measure.ts'
import { codeBlock, type NotesNeeds, notes } from './notes.ts'

/** What was measured of one rule. */
export interface Row {
  readonly name: string
  readonly honest: readonly Honest[]
  readonly beyond: readonly Honest[]
  readonly thefts: readonly Thefts[]
}

export interface Measured extends Omit<NotesNeeds, 'trace'> {
  readonly thiefRuns: number
  readonly models: readonly Row[]
  readonly ours: Row
  /** What ours finds of each thief, in each traffic. */
  readonly found: readonly { readonly name: string; readonly thefts: readonly Thefts[] }[]
}

/** The figures as tables, a plot and sentences. */
export const present = (measured: Measured): Result => {
  const { runs, thiefRuns, models, ours, found } = measured
  const rows = [...models, ours]
  return {
    tables: [
      {
        title: `Share of honest sessions ended by mistake in 20 refresh cycles, and of thefts found within two hours (${runs} runs each)`,
        head: ['rule', ...names(columns), 'thefts found', 'by a thief who begins 5 min later'],
        rows: rows.map(row => [row.name, ...row.honest.map(describeHonest), ...row.thefts.map(describeThefts)]),
      },
      {
        title: `The same under other assumptions: honest sessions ended by mistake (${runs} runs each)`,
        head: ['rule', ...names(beyond)],
        rows: rows.map(row => [row.name, ...row.beyond.map(describeHonest)]),
      },
      {
        title: `Thefts that this one finds within two hours, by the habits of the thief and of the owner (${thiefRuns} runs each)`,
        head: ['thief', quiet.name, ...names(columns)],
        rows: found.map(row => [row.name, ...row.thefts.map(describeThefts)]),
      },
    ],
    plot: {
      kind: 'lines',
      title: 'Thefts found: one tab, nothing lost, a thief who begins at once',
      x: 'minutes since the theft',
      y: 'thefts found, %',
      series: rows.flatMap(({ name, thefts: [first] }) =>
        first ? [{ name: name.replaceAll('`', ''), points: foundByMinute(first) }] : [],
      ),
    },
    notes: notes({ ...measured, trace: ours.beyond.at(-1)?.trace ?? [] }),
    figures: { conditions: { columns, beyond, quiet, thieves }, ...measured, models: models.map(withoutTraces) },
    missed: ours.honest.flatMap((figure, i) => complaint(figure, columns[i]?.name ?? '')),
  }
}

/** Of the models only the figures are kept: how they end sessions is known. */
const withoutTraces = (row: Row): Row => {
  const strip = (honest: readonly Honest[]) => honest.map(figure => ({ ...figure, trace: [] }))
  return { ...row, honest: strip(row.honest), beyond: strip(row.beyond) }
}

const names = (named: readonly { readonly name: string }[]): string[] => named.map(({ name }) => name)

const complaint = ({ ended, runs, trace }: Honest, column: string): string[] =>
  ended === 0
    ? []
    : [`the script ended ${ended} of ${runs} honest sessions (${column}), the first one so:\n\n${codeBlock(trace)}`]
