import { type Ranking, rankingToSvg } from './plot-ranking.ts'
import { document, line, niceTicks, round, type Scale, scale, text } from './svg.ts'

interface Labels {
  readonly title: string
  /** What the vertical axis measures, with its unit. */
  readonly y: string
}

/** A bar for each series in each group. */
export interface Bars extends Labels {
  readonly kind: 'bars'
  readonly groups: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
}

/** A line through the points of each series, in their order. */
export interface Lines extends Labels {
  readonly kind: 'lines'
  /** What the horizontal axis measures, with its unit. */
  readonly x: string
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[]
}

export type Plot = Bars | Lines | Ranking

const size = { width: 760, left: 70, right: 20, top: 40, plot: 290, legendRow: 18 } as const
const [x0, x1] = [size.left, size.width - size.right]
const [y0, y1] = [size.top + size.plot, size.top]
const colours = ['#0b5394', '#b45f06', '#38761d', '#741b47', '#7f6000', '#45818e', '#666666', '#cc0000'] as const
const colour = (i: number): string => colours[i % colours.length] ?? colours[0]

/** The plot as an SVG document that needs nothing else. The vertical axis begins at 0. */
export const toSvg = (plot: Plot): string => {
  if (plot.kind === 'ranking') return rankingToSvg(plot)
  const values =
    plot.kind === 'bars' ? plot.series.flatMap(s => s.values) : plot.series.flatMap(s => s.points.map(([, y]) => y))
  const ticks = niceTicks(Math.max(0, ...values))
  const y = scale(ticks.at(-1) ?? 1, y0, y1)
  const names = plot.series.map(({ name }) => name)
  // a letter is about 6.5 wide
  const perRow = Math.max(1, Math.floor((x1 - x0) / (30 + 6.5 * Math.max(...names.map(name => name.length)))))
  const height = y0 + 60 + Math.ceil(names.length / perRow) * size.legendRow
  return document({ ...size, height, title: plot.title }, [
    text(16, (y0 + y1) / 2, plot.y, `text-anchor="middle" transform="rotate(-90 16 ${(y0 + y1) / 2})"`),
    ...ticks.flatMap(tick => [
      line(x0, y(tick), x1, y(tick), tick === 0 ? 'black' : '#dddddd'),
      text(x0 - 6, y(tick) + 4, String(tick), 'text-anchor="end"'),
    ]),
    ...(plot.kind === 'bars' ? drawBars(plot, y) : drawLines(plot, y)),
    ...legend(names, perRow),
  ])
}

const drawBars = ({ groups, series }: Bars, y: Scale): string[] => {
  const groupWidth = (x1 - x0) / groups.length
  const barWidth = (groupWidth * 0.8) / series.length
  return groups.flatMap((group, g) => [
    text(x0 + (g + 0.5) * groupWidth, y0 + 18, group, 'text-anchor="middle"'),
    ...series.map(({ values }, s) => {
      const top = y(values[g] ?? 0)
      const left = round(x0 + (g + 0.1) * groupWidth + s * barWidth)
      return `<rect x="${left}" y="${top}" width="${round(barWidth * 0.92)}" height="${round(y0 - top)}" fill="${colour(s)}"/>`
    }),
  ])
}

const drawLines = ({ x: label, series }: Lines, y: Scale): string[] => {
  const ticks = niceTicks(Math.max(0, ...series.flatMap(({ points }) => points.map(([x]) => x))))
  const x = scale(ticks.at(-1) ?? 1, x0, x1)
  return [
    ...ticks.map(tick => text(x(tick), y0 + 18, String(tick), 'text-anchor="middle"')),
    text((x0 + x1) / 2, y0 + 36, label, 'text-anchor="middle"'),
    ...series.map(({ points }, s) => {
      const path = points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')
      return `<polyline fill="none" stroke="${colour(s)}" stroke-width="2" points="${path}"/>`
    }),
  ]
}

const legend = (names: readonly string[], perRow: number): string[] =>
  names.flatMap((name, i) => {
    const [x, y] = [x0 + (i % perRow) * ((x1 - x0) / perRow), y0 + 56 + Math.floor(i / perRow) * size.legendRow]
    return [
      `<rect x="${round(x)}" y="${y - 10}" width="12" height="12" fill="${colour(i)}"/>`,
      text(round(x) + 18, y, name),
    ]
  })
