/** A route of Express that protects nothing. Without the two of its defaults that a service turns off. */
import express from 'express'
import { answer, sayReady } from './answer.mjs'

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/api/restricted', (_req, res) => {
  res.json(answer('00000000-0000-4000-8000-000000000000'))
})
app.listen(Number(process.env.PORT), '127.0.0.1', () => sayReady())
