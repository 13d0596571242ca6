/** A page behind the guard of `@auth-pair/web-app`, with all that it does. */
import { createVerifier } from '@auth-pair/access-token'
import { createBrowserSessions } from '@auth-pair/web-app'
import express, { type RequestHandler } from 'express'
import { Redis } from 'ioredis'

const { PORT: port, SESSION_SECRET: secret = '', SECRET = '', REDIS_URL: url = '' } = process.env
const { ISSUER: issuer = '', AUDIENCE: audience = '' } = process.env

const web = createBrowserSessions({
  redis: new Redis(url),
  secret,
  publicUrl: `http://127.0.0.1:${port}`,
  authServerPublicUrl: 'http://127.0.0.1:9',
  issuer,
  credentials: { service: 'bench', secret: SECRET },
  verifier: createVerifier({ secret: SECRET, issuer, audience }),
})

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/health/ready', (_req, res) => {
  res.json({})
})
app.use(web.routes)
app.get('/api/restricted', web.signedIn as RequestHandler, (req, res) => {
  res.json({ message: 'This is only for signed-in users.', user: { id: req.auth?.sub } })
})
app.listen(Number(port))
