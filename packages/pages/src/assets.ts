import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { open, Problem, type Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'

/** The style sheet that both servers begin theirs with. */
export const look = join(import.meta.dirname, 'look.css')

export interface Assets {
  /** The address of an asset. */
  pathOf(name: string): string
  /** `headers` are set before. */
  route(headers: RequestHandler): Route
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * The files that pages load, each under a name with its hash: what was fetched once is good for ever. Several files under one name
 * follow one another.
 */
export const createAssets = (files: Readonly<Record<string, readonly string[]>>): Assets => {
  const assets = Object.entries(files).map(([name, parts]) => {
    const body = Buffer.concat(parts.map(part => readFileSync(part)))
    const [stem, ending = ''] = name.split('.')
    const hashed = `${stem}.${hash('sha256', body, 'base64url').slice(0, 10)}.${ending}`
    return { name, hashed, body, type: types[ending] ?? '' }
  })
  const byHashedName = new Map(assets.map(asset => [asset.hashed, asset]))
  const paths = new Map(assets.map(({ name, hashed }) => [name, `/assets/${hashed}`]))

  const sendAsset: RequestHandler = (req, res) => {
    const asset = byHashedName.get(String(req.params.name))
    if (!asset) throw new Problem('not-found')
    res.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
    res.setHeader('Content-Type', asset.type)
    res.setHeader('Content-Length', asset.body.length)
    res.end(asset.body)
  }

  return {
    pathOf: name => {
      const path = paths.get(name)
      if (path === undefined) throw new Error(`there is no asset ${name}`)
      return path
    },
    route: headers => ({ method: 'get', path: '/assets/:name', guard: open, handle: [headers, sendAsset] }),
  }
}
