import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksOf, toPattern, writeDocumentedFiles } from './documented-code.ts'

const page = [
  '# A page',
  '```js file=a.mjs run',
  'one()',
  '```',
  'Text',
  '````md',
  '```js',
  'inner()',
  '```',
  '````',
  '```',
  'plain',
  '```',
]

describe('the code of a page', () => {
  test('comes as its fenced blocks, with language and attributes', () => {
    expect(blocksOf('page.md', page.join('\n'))).toEqual([
      { language: 'js', attributes: { file: 'a.mjs', run: '' }, code: 'one()\n', line: 2 },
      { language: 'md', attributes: {}, code: '```js\ninner()\n```\n', line: 6 },
      { language: '', attributes: {}, code: 'plain\n', line: 11 },
    ])
  })

  test('ends where the page says', () => {
    expect(() => blocksOf('page.md', 'Text\n```js\none()')).toThrow('page.md: the block of line 2 does not end')
  })

  test('is written into files that know where the pair is', () => {
    const parts = blocksOf(
      'page.md',
      "```js file=a.mjs\nconst a = 'http://localhost:3000'\n```\n```js file=a.mjs\nuse(a)\n```",
    )
    const folder = writeDocumentedFiles(parts, { authUrl: 'http://127.0.0.1:1', testUrl: 'http://127.0.0.1:2' })
    expect(readFileSync(join(folder, 'a.mjs'), 'utf8')).toBe("const a = 'http://127.0.0.1:1'\nuse(a)\n")
  })

  test('prints what an answer promises, whatever stands for the ellipsis', () => {
    expect('{"id":"1"} (ok)\n').toMatch(toPattern('{"id":"…"} (ok)\n'))
    expect('{"id":"1"}\n(ok)\n').not.toMatch(toPattern('{"id":"…"} (ok)\n'))
  })
})
