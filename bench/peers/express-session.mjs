import { randomUUID } from 'node:crypto'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import { answer, sayReady } from './answer.mjs'

const { PORT: port, SECRET: secret, REDIS_URL: url, SESSIONS: sessions } = process.env
const client = createClient({ url })
await client.connect()

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.use(session({ store: new RedisStore({ client }), resave: false, saveUninitialized: false, secret }))
app.post('/sign-in', (req, res) => {
  req.session.userId = randomUUID()
  res.json({})
})
app.get('/api/restricted', (req, res) => {
  if (req.session.userId === undefined) res.sendStatus(401)
  else res.json(answer(req.session.userId))
})
app.listen(Number(port), '127.0.0.1', async () => {
  const cookies = []
  for (let i = 0; i < Number(sessions); i++) {
    const res = await fetch(`http://127.0.0.1:${port}/sign-in`, { method: 'POST' })
    cookies.push(res.headers.getSetCookie()[0].split(';', 1)[0])
  }
  sayReady(cookies)
})
