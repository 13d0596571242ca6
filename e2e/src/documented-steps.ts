/** Commands that a page shows with their answers, run one after the other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, shell } from './pair.ts'

export interface Step {
  readonly command: string
  /** The lines behind `# `, with `…` for whatever differs. */
  readonly answer: string
}

/** The commands of a page under a heading, in the first block there, each with the answer that it promises. */
export const stepsOf = (page: string, heading: string): Step[] => {
  const text = readFileSync(join(root, page), 'utf8')
  const lines =
    new RegExp(`## ${heading}\\n\\n(?:(?!#|\`\`\`).*\\n)*\`\`\`sh\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? ''
  return lines.split('\n\n').map(step => ({
    command: step
      .split('\n')
      .filter(line => !line.startsWith('#'))
      .join('\n'),
    answer: step
      .split('\n')
      .filter(line => line.startsWith('# '))
      .map(line => line.slice(2))
      .join('\n'),
  }))
}

/** The ellipsis stands for anything within a text of JSON. */
const toPattern = (answer: string) =>
  new RegExp(
    answer
      .split('…')
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^"]*'),
  )

/** Runs the steps one after the other, and holds each to its answer. `count` of them have one. */
export const expectAnswers = (steps: readonly Step[], pair: Parameters<typeof shell>[1], count: number): void => {
  const marked = steps.map(({ command }) => `${command}\necho "<<end>>"`).join('\n')
  const answers = shell(marked, pair).split('<<end>>\n')
  expect(steps.filter(({ answer }) => answer)).toHaveLength(count)
  for (const [i, { answer }] of steps.entries()) expect(answers[i]).toMatch(toPattern(answer))
}
