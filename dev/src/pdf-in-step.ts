import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The title of the PDF, which holds the hash of the page that it was made from. */
export const pdfTitle = (markdown: string): string =>
  `Auth flow ${createHash('sha256').update(markdown).digest('hex').slice(0, 16)}`

/** Whether docs/auth-flow.pdf was rendered from docs/auth-flow.md as it is. */
export const pdfComplaints = (): string[] =>
  readFileSync('docs/auth-flow.pdf', 'latin1').includes(pdfTitle(readFileSync('docs/auth-flow.md', 'utf8')))
    ? []
    : ['docs/auth-flow.pdf is older than its source: node docs/render/render.mjs']
