/** The code of a page of the documentation, to be run as it is written. */
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './pair.ts'

export interface DocumentedCode {
  /** The first word after the fence: `js`, `sh`. */
  readonly language: string
  /** What follows it: `file=report.mjs` is `{ file: 'report.mjs' }`, a word alone is `{ word: '' }`. */
  readonly attributes: Readonly<Record<string, string>>
  readonly code: string
  /** The line of the fence, from 1. */
  readonly line: number
}

/** The fenced blocks of a page, in their order. Throws when a block does not end. */
export const documentedCode = (page: string): DocumentedCode[] => blocksOf(page, readFileSync(join(root, page), 'utf8'))

/** The fenced blocks of a text (CommonMark, section 4.5, for fences that begin their line). */
export const blocksOf = (page: string, text: string): DocumentedCode[] => {
  const blocks: DocumentedCode[] = []
  let open: { fence: string; info: string; line: number; lines: string[] } | undefined
  for (const [i, line] of text.split('\n').entries()) {
    const [, fence = '', info = ''] = /^(`{3,})(.*)$/.exec(line) ?? []
    if (open && fence.length >= open.fence.length && info.trim() === '') {
      const [language = '', ...words] = open.info.trim().split(/\s+/)
      const attributes = Object.fromEntries(words.map(word => splitOnce(word)))
      blocks.push({ language, attributes, code: open.lines.map(each => `${each}\n`).join(''), line: open.line })
      open = undefined
    } else if (open) open.lines.push(line)
    else if (fence) open = { fence, info, line: i + 1, lines: [] }
  }
  if (open) throw new Error(`${page}: the block of line ${open.line} does not end`)
  return blocks
}

const splitOnce = (word: string): [string, string] => {
  const at = word.indexOf('=')
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
}

interface Pair {
  readonly authUrl: string
  readonly testUrl: string
}

/** Code with the addresses of `npm start` replaced by those of a running pair. */
export const atPair = (code: string, { authUrl, testUrl }: Pair): string =>
  code.replaceAll('http://localhost:3000', authUrl).replaceAll('http://localhost:4000', testUrl)

/**
 * Writes the blocks that are files (`file=NAME`) into a folder of their own, where they find the packages of this repository. Two blocks of one
 * name are parts of one file. Gives the folder.
 */
export const writeDocumentedFiles = (blocks: readonly DocumentedCode[], pair: Pair): string => {
  const folder = mkdtempSync(join(tmpdir(), 'documented-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { attributes, code } of blocks)
    if (attributes.file) writeFileSync(join(folder, attributes.file), atPair(code, pair), { flag: 'a' })
  return folder
}

/** A documented answer as a pattern: `…` stands for anything within a line. */
export const toPattern = (answer: string): RegExp =>
  new RegExp(
    `^${answer
      .split('…')
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^\\n]*')}$`,
  )
