import type { Machine } from './machine.ts'

export interface Table {
  readonly title?: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Report {
  readonly name: string
  readonly about: string
  readonly date: string
  readonly machine: Machine
  readonly stores: readonly string[]
  readonly command: string
  /** Figures of a quick run are not to be quoted. */
  readonly quick: boolean
  readonly tookS: number
  readonly notes: readonly string[]
  readonly tables: readonly Table[]
  readonly missed: readonly string[]
  /** The file name of the plot, when there is one. */
  readonly plot: string | undefined
}

/** Stands above figures that are not to be quoted. */
export const quickWarning = '**A quick run, to see that everything works. Its figures are not to be quoted.**'

/** The report as Markdown. */
export const toMarkdown = (report: Report): string => {
  const { name, about, date, machine, stores, command, tookS, notes, tables, missed, plot, quick } = report
  const { cpu, cores, memoryGiB, kernel, node, loadBefore } = machine
  const facts = [
    ['date', date],
    ['machine', `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, load ${loadBefore} before the run`],
    ['Node', node],
    ...(stores.length > 0 ? [['stores', stores.join(', ')]] : []),
    ['command', `\`${command}\``],
    ['took', `${Math.round(tookS)} s`],
  ]
  const sections = [
    `# ${name}`,
    about,
    ...(quick ? [quickWarning] : []),
    tableToMarkdown({ head: ['', ''], rows: facts }),
    ...missed.map(sentence => `**Missed:** ${sentence}`),
    ...tables.map(tableToMarkdown),
    ...(plot === undefined ? [] : [`![${name}](${plot})`]),
    ...notes,
  ]
  return `${sections.join('\n\n')}\n`
}

export const tableToMarkdown = ({ title, head, rows }: Table): string =>
  [
    ...(title === undefined ? [] : [`**${title}**`, '']),
    row(head),
    row(head.map(() => '---')),
    ...rows.map(cells => row(cells)),
  ].join('\n')

const row = (cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
