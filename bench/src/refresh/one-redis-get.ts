/** What refreshing is compared with: an Express application whose route makes one Redis GET, as anybody would write it. */
import express from 'express'
import { Redis } from 'ioredis'

const redis = new Redis(process.env.REDIS_URL ?? '')
// as long as what Redis holds of a session
await redis.set('one', '12 11 10 1795360724000 1795360724000')

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/', async (_req, res) => {
  res.json({ value: await redis.get('one') })
})
app.get('/health/ready', (_req, res) => {
  res.json({})
})
app.listen(Number(process.env.PORT))
