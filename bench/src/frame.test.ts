import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandOf, readArguments } from './arguments.ts'
import { interleave } from './interleave.ts'
import { runScenario } from './run-scenario.ts'
import { runSuite } from './run-suite.ts'
import type { Needs, Result } from './scenario.ts'

describe('the arguments', () => {
  test.each([
    [[], { name: undefined, quick: false, list: false, seed: 7 }],
    [['a'], { name: 'a', quick: false, list: false, seed: 7 }],
    [['--list'], { name: undefined, quick: false, list: true, seed: 7 }],
    [['--quick', 'a', '--seed', '0'], { name: 'a', quick: true, list: false, seed: 0 }],
  ])('%j are read as %j', (args, read) => {
    expect(readArguments(args, () => 7)).toEqual(read)
  })

  test.each([[['a', 'b']], [['a', '--seed', 'x']], [['a', '--seed=-1']], [['a', '--fast']]])('%j are refused', args => {
    expect(() => readArguments(args, () => 7)).toThrow()
  })

  test('the command that is reported is read back as the same run', () => {
    const run = { name: 'a', quick: true, list: false, seed: 12 }
    const typed = commandOf(run).split(' ').slice(4)
    expect(readArguments(typed, () => 7)).toEqual(run)
  })
})

describe('an interleaved comparison', () => {
  test('takes ratios within a round, so that a machine that slows down changes none of them', async () => {
    const order: string[] = []
    const measure = (name: string, figure: number) => async () => {
      order.push(name)
      return figure * 2 ** Math.floor((order.length - 1) / 2)
    }
    const variants = { bare: measure('bare', 10), full: measure('full', 9) }
    const compared = await interleave({ rounds: 4, warmUp: 1, variants, baseline: 'bare' })
    expect(compared.full).toMatchObject({ ratio: 0.9, ratioLow: 0.9, ratioHigh: 0.9, low: 18, high: 144 })
    expect(compared.bare).toMatchObject({ ratio: 1, median: 60, figures: [20, 40, 80, 160] })
    // the warm-up, and then each is first as often as the other
    expect(order.join()).toBe('bare,full,bare,full,full,bare,bare,full,full,bare')
  })
})

describe('a scenario that is run', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  const run = async (scenario: (needs: Needs) => Promise<Result>, quick: boolean) => {
    await using ends = new AsyncDisposableStack()
    const args = { name: 'a', quick, list: false, seed: 12 }
    return await runScenario({ scenario: { about: 'Says a.', run: scenario }, args, resultsDir: dir, ends })
  }

  test('leaves a page with machine and command, the figures, and a plot', async () => {
    const report = await run(
      async ({ seed }) => ({
        notes: ['It was so.'],
        tables: [{ title: 'Figures', head: ['a', 'b'], rows: [['1', `${seed}|`]] }],
        plot: { kind: 'bars', title: 'a < b', y: 'ms', groups: ['x'], series: [{ name: 's', values: [3] }] },
        figures: { a: [1, 2.5] },
        claimed: { sessionBytes: 280 },
        missed: ['a is below 2.'],
      }),
      false,
    )
    expect(report.missed).toHaveLength(1)
    expect(readdirSync(dir).sort()).toEqual(['a.json', 'a.md', 'a.svg'])
    const [page, plot] = ['a.md', 'a.svg'].map(file => readFileSync(join(dir, file), 'utf8'))
    for (const part of [
      'Says a.',
      process.version,
      '`npm run bench -- a --seed 12`',
      '| 1 | 12\\| |',
      '(a.svg)',
      'below 2',
    ])
      expect(page).toContain(part)
    expect(plot).toContain('a &lt; b')
    const figures = readFileSync(join(dir, 'a.json'), 'utf8')
    expect(JSON.parse(figures)).toMatchObject({
      name: 'a',
      claimed: { sessionBytes: 280 },
      figures: { a: [1, 2.5] },
    })
    expect(figures).toContain('[ 1, 2.5 ]')
  })

  test('quickly leaves the figures of an earnest run alone', async () => {
    const before = readFileSync(join(dir, 'a.md'), 'utf8')
    await run(async () => ({ notes: [], tables: [], figures: null }), true)
    expect(readFileSync(join(dir, 'a.md'), 'utf8')).toBe(before)
    expect(readFileSync(join(dir, 'a.quick.md'), 'utf8')).toContain('not to be quoted')
  })

  test('has everything it began closed, the last one first, also when it fails', async () => {
    const closed: number[] = []
    const failing = run(async ({ atEnd }) => {
      atEnd(() => closed.push(1))
      atEnd(async () => closed.push(2))
      throw new Error('no figures')
    }, true)
    await expect(failing).rejects.toThrow('no figures')
    expect(closed).toEqual([2, 1])
  })
})

describe('the whole', () => {
  test('goes on behind a scenario that fails, and says all that was missed', async () => {
    const ran: string[] = []
    const said: string[] = []
    const runOne = async (name: string) => {
      ran.push(name)
      if (name === 'refresh') throw new Error('no Redis')
      return name === 'restricted' ? ['too slow.'] : []
    }
    const missed = await runSuite({ runOne, say: text => said.push(text) })
    expect(ran).toEqual([
      'restricted',
      'refresh',
      'sign-in-saturation',
      'sign-in-flood',
      'session-memory',
      'verify-cost',
      'junk-tokens',
      'api-tokens',
      'web-sessions',
    ])
    expect(missed).toEqual(['too slow.', 'refresh broke off: see above.'])
    expect(said.join('\n')).toContain('no Redis')
  })
})
