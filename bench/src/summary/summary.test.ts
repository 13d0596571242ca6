import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClaimName, claimNames, claims, figureOf, isKept, missedClaims } from '../claims.ts'
import { scenarios } from '../scenarios.ts'
import { collect } from './collect.ts'
import { writeSummary } from './write-summary.ts'

const root = join(__dirname, '..', '..', '..')
const results = join(root, 'bench', 'results')

describe('what is published', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-published-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  test('is what was measured: the README, the page, the chart and the figures say what the results do', () => {
    cpSync(results, join(dir, 'results'), { recursive: true })
    cpSync(join(root, 'README.md'), join(dir, 'README.md'))
    writeSummary({ resultsDir: join(dir, 'results'), readme: join(dir, 'README.md'), quick: false })
    const said = (at: string) => (file: string) => readFileSync(join(at, file), 'utf8')
    for (const file of ['summary.json', 'README.md', ...readdirSync(results).filter(file => file === 'summary.svg')])
      expect(said(join(dir, 'results'))(file)).toBe(said(results)(file))
    expect(said(dir)('README.md')).toBe(said(root)('README.md'))
  })
})

describe('a claim', () => {
  test('names a scenario that there is', () => {
    for (const name of claimNames) expect(Object.keys(scenarios)).toContain(claims[name].scenario)
  })

  test.each<[ClaimName, number, boolean, string]>([
    ['restrictedOfExpress', 0.9, true, '0.90'],
    ['restrictedOfExpress', 0.8999, false, '0.8999'],
    ['restrictedOfExpress', 0.8912, false, '0.89'],
    ['floodP99', 3.001, false, '3.001'],
    ['sessionBytes', 300, true, '300'],
    ['sessionBytes', 300.4, false, '300.4'],
  ])('%s is measured as %d: kept %s, shown as %s', (name, figure, kept, shown) => {
    expect([isKept(name, figure), figureOf(name, figure)]).toEqual([kept, shown])
  })

  test('that is missed says by how much; what was not measured says nothing', () => {
    expect(missedClaims({ sessionBytes: 301, floodThroughput: 0.6 })).toEqual([
      'a session in Redis: 301 bytes, above 300.',
    ])
  })
})

describe('a summary', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-summary-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  const readme = join(dir, 'ROOT.md')
  const machine = { cpu: 'Abacus', cores: 2, node: 'v1' }
  const result = { date: '2026-01-02T03:04:05Z', machine, command: 'npm run bench -- x' }
  const write = (name: string, more: object) => writeFileSync(join(dir, name), JSON.stringify({ ...result, ...more }))

  test('has a row for every claim, also for those that were not measured, and fills its place in the README', () => {
    writeFileSync(readme, 'before\n<!-- measured -->\nold\n<!-- end -->\nbehind\n')
    write('restricted.json', {
      claimed: { restrictedOfExpress: 0.8 },
      figures: { ranking: [{ name: 'one', value: 12, isOurs: true }], versions: ['abacus 1.2.3'] },
    })
    const summary = writeSummary({ resultsDir: dir, readme, quick: false })
    expect(summary.rows.map(({ claim }) => claim)).toEqual(claimNames)
    expect(summary.rows[0]?.measured).toMatchObject({ figure: 0.8, isKept: false, machine: 'Abacus, 2 cores, Node v1' })
    expect(summary.rows[1]?.measured).toBeUndefined()
    const text = readFileSync(readme, 'utf8')
    expect(text).toMatch(/^before\n<!-- measured -->\n!\[.*\]\(bench\/results\/summary.svg\)\n\n\| what/)
    expect(text).toContain('at least 0.9 of a bare Express route | **0.80, missed** |')
    expect(text).toContain('not measured yet')
    expect(text).toMatch(/Measured on: Abacus, 2 cores, Node v1\.\n<!-- end -->\nbehind\n$/)
    const page = readFileSync(join(dir, 'README.md'), 'utf8')
    for (const part of ['2026-01-02', 'abacus 1.2.3', '`npm run bench -- x`']) expect(page).toContain(part)
    expect(readFileSync(join(dir, 'summary.svg'), 'utf8')).toContain('>one<')
  })

  test('of a quick run leaves the earnest one alone, and says what it is', () => {
    const before = readFileSync(readme, 'utf8')
    write('restricted.quick.json', { claimed: { restrictedOfExpress: 1 }, figures: {} })
    writeSummary({ resultsDir: dir, readme, quick: true })
    expect(readFileSync(readme, 'utf8')).toBe(before)
    expect(collect(dir, false).rows[0]?.measured?.figure).toBe(0.8)
    expect(readFileSync(join(dir, 'README.quick.md'), 'utf8')).toContain('not to be quoted')
  })
})
