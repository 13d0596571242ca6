/**
 * The description of the API, for machines (`/openapi.json`) and to browse (`/docs`, Swagger UI). It knows the routes by their
 * description alone, and touches nothing else.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pageHeaders } from '@auth-pair/pages'
import { open, type Route, sendJson } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import { type OpenapiNeeds, openapi } from './openapi.ts'

const asset = (name: string): Buffer => readFileSync(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`))

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Auth pair: API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<main id="api"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null })
`

// Swagger UI sets styles from its script
const allows = {
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  formAction: ["'none'"],
}

const send =
  (type: string, body: string | Buffer): RequestHandler =>
  (_req, res) => {
    res.setHeader('Content-Type', `${type}; charset=utf-8`)
    res.end(body)
  }

export const documentationRoutes = ({ https, ...needs }: OpenapiNeeds & { https: boolean }): readonly Route[] => {
  const description = openapi(needs)
  const headers = pageHeaders({ https, allows })
  const page = (path: string, type: string, body: string | Buffer): Route => ({
    method: 'get',
    path,
    guard: open,
    handle: [headers, send(type, body)],
  })
  return [
    { method: 'get', path: '/openapi.json', guard: open, handle: [(_req, res) => sendJson(res, 200, description)] },
    page('/docs', 'text/html', html),
    page('/docs/start.js', 'text/javascript', start),
    page('/docs/swagger-ui.css', 'text/css', asset('swagger-ui.css')),
    page('/docs/swagger-ui-bundle.js', 'text/javascript', asset('swagger-ui-bundle.js')),
  ]
}
