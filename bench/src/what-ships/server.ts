/**
 * The protected route with the first so many of the parts that ship, in the order of `parts`. The packages offer the whole of
 * them only (`createService`), so their files are taken one by one here.
 */
import { createVerifier, requireAccessToken } from '@auth-pair/access-token'
import { createHttpServer, createLog, listen, sendJson } from '@auth-pair/service'
import express, { type RequestHandler } from 'express'
import { accessLog } from '../../../packages/service/src/access-log.ts'
import { openExchange } from '../../../packages/service/src/exchange.ts'
import { responseHeaders } from '../../../packages/service/src/headers.ts'
import { inTurn } from '../../../packages/service/src/in-turn.ts'
import { type Part, parts } from './parts.ts'

const { PORT, SECRET: secret = '', ISSUER: issuer = '', AUDIENCE: audience = '', UP_TO } = process.env
const upTo = parts.indexOf(UP_TO as Part)
const has = (part: Part): boolean => parts.indexOf(part) <= upTo

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/health/ready', (_req, res) => {
  res.json({})
})

const refuse = () => {
  throw new Error('nothing is refused here')
}
const answers = { note: refuse, refuse }
const headers = responseHeaders({ https: false })
const exchange = { requestId: 'of-every-request', startedAt: 0, headers, ...answers }
const sameExchange: RequestHandler = (_req, res, next) => {
  res.exchange = { ...exchange }
  next()
}
const log = createLog({ name: 'what-ships', level: 'info' })
const shell: RequestHandler[] = []
if (has('requestId')) shell.push(openExchange({ prefix: 'of-this-process', https: false, ...answers }))
else if (has('headers')) shell.push(sameExchange)
if (has('log')) shell.push(accessLog(log))
if (shell.length > 0) app.use(inTurn(shell))

const guard = requireAccessToken(createVerifier({ secret, issuer, audience }))
const route = app.route('/api/restricted')
if (has('verification')) route.get(guard)
route.get((req, res) => {
  const body = { message: 'This is only for signed-in users.', user: { id: req.auth?.sub ?? 'nobody' } }
  if (has('headers')) sendJson(res, 200, body)
  else res.json(body)
})
if (has('httpServer')) await listen(createHttpServer(app, { https: false, log }), Number(PORT))
else app.listen(Number(PORT), '127.0.0.1')
