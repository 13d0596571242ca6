import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { open, Problem, type Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'

const types: Readonly<Record<string, string>> = { 'pages.css': 'text/css; charset=utf-8', 'icon.svg': 'image/svg+xml' }

/** The files that pages load, each under a name with its hash: what was fetched once is good for ever. */
export const createAssets = () => {
  const bodies = new Map<string, { readonly body: Buffer; readonly type: string }>()
  const paths = new Map<string, string>()
  for (const [name, type] of Object.entries(types)) {
    const body = readFileSync(join(import.meta.dirname, 'assets', name))
    const hashed = name.replace('.', `.${hash('sha256', body, 'base64url').slice(0, 10)}.`)
    bodies.set(hashed, { body, type })
    paths.set(name, `/assets/${hashed}`)
  }
  const sendAsset: RequestHandler = (req, res) => {
    const asset = bodies.get(String(req.params.name))
    if (!asset) throw new Problem('not-found')
    res.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
    res.setHeader('Content-Type', asset.type)
    res.setHeader('Content-Length', asset.body.length)
    res.end(asset.body)
  }
  return {
    pathOf: (name: string): string => paths.get(name) ?? '',
    route: (headers: RequestHandler): Route => ({
      method: 'get',
      path: '/assets/:name',
      guard: open,
      handle: [headers, sendAsset],
    }),
  }
}
