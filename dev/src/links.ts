import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** The links of Markdown pages that lead to no file, or to no heading of one. `pages` are relative to `root`. Addresses elsewhere are not asked. */
export const linkComplaints = (root: string, pages: readonly string[]): string[] =>
  pages.flatMap(page => {
    const text = prose(readFileSync(join(root, page), 'utf8'))
    return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
      .map(([, to = '']) => to)
      .filter(to => !/^[a-z]+:/i.test(to))
      .filter(to => !leadsSomewhere(root, page, to))
      .map(to => `${page}: ${to} leads nowhere`)
  })

const leadsSomewhere = (root: string, page: string, to: string): boolean => {
  const [path = '', anchor] = to.split('#')
  const file = path === '' ? page : relative(root, join(root, dirname(page), path))
  if (!existsSync(join(root, file))) return false
  return anchor === undefined || !file.endsWith('.md') || anchorsOf(readFileSync(join(root, file), 'utf8')).has(anchor)
}

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (text: string): Set<string> => {
  const seen = new Map<string, number>()
  const headings = [...prose(text).matchAll(/^#{1,6} +(.*)$/gm)].map(([, heading = '']) => slug(heading))
  return new Set(
    headings.map(anchor => {
      const before = seen.get(anchor) ?? 0
      seen.set(anchor, before + 1)
      return before === 0 ? anchor : `${anchor}-${before}`
    }),
  )
}

const slug = (heading: string): string =>
  heading
    .trim()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')

/** Without what stands in code, where brackets are no links. */
const prose = (text: string): string =>
  text.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1`*$/gm, '').replace(/`[^`\n]*`\(/g, '(')
