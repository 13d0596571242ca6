import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linkComplaints } from './links.ts'

const complaints = (readme: string, other: string) => {
  const root = mkdtempSync(join(tmpdir(), 'links-'))
  mkdirSync(join(root, 'docs'))
  writeFileSync(join(root, 'README.md'), readme)
  writeFileSync(join(root, 'docs', 'other.md'), other)
  return linkComplaints(root, ['README.md', 'docs/other.md'])
}

test('links to files, folders, headings and addresses elsewhere are good', () => {
  const other = '# Whatever it is, `code` & all\n## Twice\n## Twice\n[up](../README.md#start) [here](#twice-1)'
  const readme =
    '# Start\n[a](docs/other.md#whatever-it-is-code--all) [b](docs/) [c](https://example.com/x)\n```\n[d](nowhere)\n```'
  expect(complaints(readme, other)).toEqual([])
})

test('each link that leads to no file or no heading is named', () => {
  expect(complaints('[a](docs/gone.md) [b](docs/other.md#gone)', '```\n# gone\n```\n[c](#gone)')).toEqual([
    'README.md: docs/gone.md leads nowhere',
    'README.md: docs/other.md#gone leads nowhere',
    'docs/other.md: #gone leads nowhere',
  ])
})
