import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toSvg } from '../plot.ts'
import { toJson } from '../run-scenario.ts'
import { collect, type Summary } from './collect.ts'
import { rankingOf, toPage, toReadmeSection, withSection } from './present.ts'

interface SummaryNeeds {
  readonly resultsDir: string
  /** The README that shows a part of it. */
  readonly readme: string
  readonly quick: boolean
}

/** Writes what the results of all scenarios come to. Quick ones go to files of their own, and not into the README. */
export const writeSummary = ({ resultsDir, readme, quick }: SummaryNeeds): Summary => {
  const summary = collect(resultsDir, quick)
  const ending = quick ? '.quick' : ''
  const path = (name: string) => join(resultsDir, name)
  const plot = summary.ranking.length > 0 ? `summary${ending}.svg` : undefined
  writeFileSync(path(`summary${ending}.json`), toJson(summary))
  writeFileSync(path(`README${ending}.md`), toPage(summary, plot))
  if (plot !== undefined) writeFileSync(path(plot), toSvg(rankingOf(summary)))
  if (!quick) writeFileSync(readme, withSection(readFileSync(readme, 'utf8'), toReadmeSection(summary)))
  return summary
}
