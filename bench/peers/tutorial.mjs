/** What most tutorials teach: jsonwebtoken with the secret as a string. */
import express from 'express'
import jwt from 'jsonwebtoken'
import { answer, sayReady } from './answer.mjs'

const authenticate = (req, res, next) => {
  const token = req.headers.authorization?.split(' ')[1]
  if (token === undefined) return res.sendStatus(401)
  jwt.verify(token, process.env.SECRET, (error, user) => {
    if (error) return res.sendStatus(403)
    req.user = user
    next()
  })
}

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/api/restricted', authenticate, (req, res) => {
  res.json(answer(req.user.sub))
})
app.listen(Number(process.env.PORT), '127.0.0.1', () => sayReady())
