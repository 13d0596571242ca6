import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { answer, refuse, sayReady } from './answer.mjs'

const { SECRET: secret, ISSUER: issuer, AUDIENCE: audience } = process.env
const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/api/restricted', auth({ secret, issuer, audience, tokenSigningAlg: 'HS256' }), (req, res) => {
  res.json(answer(req.auth.payload.sub))
})
app.use(refuse)
app.listen(Number(process.env.PORT), '127.0.0.1', () => sayReady())
