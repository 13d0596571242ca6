/**
 * A sign-in as most would write it: Express, and `await bcrypt.compare()` when there is such an account. Its refresh is one
 * Redis GET. Every account has the password that it is told.
 */
import bcrypt from 'bcrypt'
import express from 'express'
import { Redis } from 'ioredis'

const redis = new Redis(process.env.REDIS_URL ?? '')
// as long as what Redis holds of a session
await redis.set('one', '12 11 10 1795360724000 1795360724000')
const passwordHash = await bcrypt.hash(process.env.PASSWORD ?? '', Number(process.env.BCRYPT_COST))

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.post('/api/signin', express.json(), async (req, res) => {
  const { email, password } = req.body
  const isKnown = String(email).startsWith('user')
  const matches = isKnown && (await bcrypt.compare(String(password), passwordHash))
  if (matches) res.json({ email })
  else res.status(401).json({ error: 'Email or password is wrong' })
})
app.post('/api/refresh', async (_req, res) => {
  res.json({ value: await redis.get('one') })
})
app.get('/health/ready', (_req, res) => {
  res.json({})
})
app.listen(Number(process.env.PORT))
