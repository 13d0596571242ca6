/** What browser sessions are compared with: express-session and connect-redis on the same client of Redis, as their documentation has it. */
import { randomUUID } from 'node:crypto'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { Redis } from 'ioredis'

const { PORT: port, SESSION_SECRET: secret = '', REDIS_URL: url = '' } = process.env

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/health/ready', (_req, res) => {
  res.json({})
})
const store = new RedisStore({ client: new Redis(url) })
app.use(session({ store, secret, name: 'session', resave: false, saveUninitialized: false }))
app.post('/sign-in', (req, res) => {
  Object.assign(req.session, { userId: randomUUID() })
  res.json({})
})
app.get('/api/restricted', (req, res) => {
  const { userId } = req.session as { userId?: string }
  if (userId === undefined) res.sendStatus(401)
  else res.json({ message: 'This is only for signed-in users.', user: { id: userId } })
})
app.listen(Number(port))
