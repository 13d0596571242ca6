import { document, line, niceTicks, round, scale, text } from './svg.ts'

/** A bar for each row, from the left, with its name before it and its figure behind it. */
export interface Ranking {
  readonly kind: 'ranking'
  readonly title: string
  /** What is measured, with its unit. */
  readonly x: string
  readonly rows: readonly { readonly name: string; readonly value: number; readonly isOurs: boolean }[]
}

const size = { width: 760, left: 250, right: 70, top: 44, row: 26 } as const
const [x0, x1] = [size.left, size.width - size.right]
const colours = { ours: '#0b5394', theirs: '#999999' } as const

/** Rows from the top in their order. The axis begins at 0. */
export const rankingToSvg = ({ title, x: label, rows }: Ranking): string => {
  const ticks = niceTicks(Math.max(0, ...rows.map(({ value }) => value)))
  const x = scale(ticks.at(-1) ?? 1, x0, x1)
  const bottom = size.top + rows.length * size.row
  return document({ ...size, height: bottom + 50, title }, [
    ...ticks.flatMap(tick => [
      line(x(tick), size.top, x(tick), bottom, tick === 0 ? 'black' : '#dddddd'),
      text(x(tick), bottom + 18, String(tick), 'text-anchor="middle"'),
    ]),
    text((x0 + x1) / 2, bottom + 38, label, 'text-anchor="middle"'),
    ...rows.flatMap(({ name, value, isOurs }, i) => {
      const top = size.top + i * size.row
      const weight = isOurs ? ' font-weight="bold"' : ''
      const fill = isOurs ? colours.ours : colours.theirs
      return [
        text(x0 - 8, top + 17, name, `text-anchor="end"${weight}`),
        `<rect x="${x0}" y="${top + 4}" width="${round(x(value) - x0)}" height="${size.row - 8}" fill="${fill}"/>`,
        text(x(value) + 6, top + 17, String(value), weight.trim()),
      ]
    }),
  ])
}
