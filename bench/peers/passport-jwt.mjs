import express from 'express'
import passport from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { answer, refuse, sayReady } from './answer.mjs'

const { SECRET: secretOrKey, ISSUER: issuer, AUDIENCE: audience } = process.env
const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken()
// its documentation looks the user up in a database here: this does without
passport.use(
  new Strategy({ jwtFromRequest, secretOrKey, issuer, audience, algorithms: ['HS256'] }, ({ sub: id }, done) =>
    done(null, { id }),
  ),
)

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/api/restricted', passport.authenticate('jwt', { session: false }), (req, res) => {
  res.json(answer(req.user.id))
})
app.use(refuse)
app.listen(Number(process.env.PORT), '127.0.0.1', () => sayReady())
