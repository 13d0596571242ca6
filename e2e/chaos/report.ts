import type { Experiment, Lab } from './experiment.ts'
import type { Recorder } from './recorder.ts'

/** What is said about one experiment: its steps as they happen, and what it found when it is over. */
export interface Report extends Pick<Lab, 'step' | 'note' | 'expect'> {
  /** Shows a line, and does not write it down. */
  say(line: string): void
  fail(failure: string): void
  /** Whether nothing failed so far. */
  passed(): boolean
  /** Shows all that was found. */
  show(): void
}

export const createReport = (experiment: Experiment, record: Recorder['record']): Report => {
  const began = performance.now()
  const failures: string[] = []
  const notes: string[] = []
  const seconds = () => (performance.now() - began) / 1000
  const say = (line: string) => console.log(`  ${seconds().toFixed(1).padStart(6)} s  ${line}`)
  console.log(`\n${experiment.id}  ${experiment.title}`)
  return {
    say,
    step: what => {
      record({ type: 'step', what })
      say(what)
    },
    note: line => void notes.push(line),
    expect: (what, holds, seen) => {
      if (!holds) failures.push(seen === undefined ? what : `${what}: ${seen}`)
    },
    fail: failure => void failures.push(failure),
    passed: () => failures.length === 0,
    show: () => {
      for (const note of notes) console.log(`            ${note}`)
      for (const failure of failures) console.log(`  FAILED    ${failure}`)
      const outcome = failures.length === 0 ? 'passed' : 'FAILED'
      console.log(`  ${outcome}    ${experiment.id} in ${Math.round(seconds())} s`)
    },
  }
}
