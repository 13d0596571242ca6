import type { Ranking } from '../plot-ranking.ts'
import { quickWarning, type Table, tableToMarkdown } from '../report.ts'
import type { Summary, SummaryRow } from './collect.ts'

const measuredText = ({ measured }: SummaryRow): string => {
  if (measured === undefined) return 'not measured yet'
  return measured.isKept ? measured.shown : `**${measured.shown}, missed**`
}

export const rankingOf = ({ ranking }: Summary): Ranking => ({
  kind: 'ranking',
  title: 'A protected route, requests a second of one process',
  x: 'requests a second',
  rows: ranking,
})

/** The page of all results. `plot` is the file name of the chart, when there is one. */
export const toPage = (summary: Summary, plot: string | undefined): string => {
  const table: Table = {
    head: ['what', 'must reach', 'measured', 'date', 'machine', 'command'],
    rows: summary.rows.map(row => [
      row.what,
      row.mustReach,
      measuredText(row),
      row.measured?.date.slice(0, 10) ?? '',
      row.measured?.machine ?? '',
      row.measured === undefined ? '' : `\`${row.measured.command}\``,
    ]),
  }
  const sections = [
    '# What was measured',
    ...(summary.quick ? [quickWarning] : []),
    tableToMarkdown(table),
    ...(plot === undefined ? [] : [`![requests a second](${plot})`]),
    ...(summary.versions.length === 0 ? [] : [`The peers: ${summary.versions.join(', ')}.`]),
    '`npm run bench` measures all of this and writes this page; `npm run bench -- --list` names every scenario, and `npm run bench -- NAME` runs one. Each has a page of its own in this folder, with the machine, the versions, how it was measured, and the figures of every round as JSON. Ratios are medians over the rounds of one run, each taken within its round.',
  ]
  return `${sections.join('\n\n')}\n`
}

/** What the README at the root shows of it. */
export const toReadmeSection = (summary: Summary): string => {
  const machine = summary.rows.find(({ measured }) => measured)?.measured?.machine
  return [
    ...(summary.ranking.length > 0
      ? ['![requests a second of a protected route, beside its peers](bench/results/summary.svg)']
      : []),
    tableToMarkdown({
      head: ['what', 'must reach', 'measured'],
      rows: summary.rows.map(row => [row.what, row.mustReach, measuredText(row)]),
    }),
    ...(machine === undefined ? [] : [`Measured on: ${machine}.`]),
  ].join('\n\n')
}

const marks = /(<!-- measured -->\n)[\s\S]*?(\n<!-- end -->)/

/** The README with this section between its marks. */
export const withSection = (readme: string, section: string): string => {
  if (!marks.test(readme)) throw new Error('The README has no marks <!-- measured --> and <!-- end -->.')
  return readme.replace(marks, (_all, begin, end) => `${begin}${section}${end}`)
}
