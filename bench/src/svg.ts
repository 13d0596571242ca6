/** An SVG document with a title, on white. */
export const document = (
  { width, height, title }: { width: number; height: number; title: string },
  content: readonly string[],
): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(width / 2, 22, title, 'text-anchor="middle" font-size="15"'),
    ...content,
    '</svg>\n',
  ].join('\n')

export type Scale = (value: number) => number

export const scale = (max: number, from: number, to: number): Scale => {
  const perUnit = (to - from) / max
  return value => round(from + value * perUnit)
}

/** From 0 to at least `max`, in four to ten round steps. */
export const niceTicks = (max: number): number[] => {
  if (max <= 0) return [0, 1]
  const power = 10 ** Math.floor(Math.log10(max))
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2].map(factor => factor * power).find(step => max / step <= 7) ?? power
  const steps = Math.ceil(max / step - 1e-9)
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)))
}

export const round = (value: number): number => Math.round(value * 10) / 10

export const line = (fromX: number, fromY: number, toX: number, toY: number, stroke: string): string =>
  `<line x1="${fromX}" y1="${fromY}" x2="${toX}" y2="${toY}" stroke="${stroke}"/>`

export const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeXml(content)}</text>`

const escapeXml = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
