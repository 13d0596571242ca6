import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { open, Problem, type Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'

const own = (name: string) => join(import.meta.dirname, 'assets', name)
const altcha = dirname(dirname(createRequire(import.meta.url).resolve('altcha/external')))

const files: Readonly<Record<string, string>> = {
  'pages.css': own('pages.css'),
  'pages.js': own('pages.js'),
  'challenge.js': own('challenge.js'),
  'icon.svg': own('icon.svg'),
  'altcha.js': join(altcha, 'external', 'altcha.min.js'),
  'altcha.css': join(altcha, 'external', 'altcha.css'),
  'pbkdf2.js': join(altcha, 'workers', 'pbkdf2.js'),
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** The files that pages load, each under a name with its hash: what was fetched once is good for ever. */
export const createAssets = () => {
  const assets = Object.entries(files).map(([name, file]) => {
    const body = readFileSync(file)
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
    pathOf: (name: string): string => {
      const path = paths.get(name)
      if (path === undefined) throw new Error(`there is no asset ${name}`)
      return path
    },
    route: (headers: RequestHandler): Route => ({
      method: 'get',
      path: '/assets/:name',
      guard: open,
      handle: [headers, sendAsset],
    }),
  }
}
