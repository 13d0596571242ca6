/** Better Auth on PostgreSQL, asked on each request who is signed in; with COOKIE_CACHE=on it believes a signed cookie. */
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import express from 'express'
import pg from 'pg'
import { answer, sayReady } from './answer.mjs'

const {
  PORT: port,
  SECRET: secret,
  DATABASE_URL: connectionString,
  SESSIONS: sessions,
  COOKIE_CACHE: cache,
} = process.env
const pool = new pg.Pool({ connectionString })
// without a listener the end of an idle connection ends the process
pool.on('error', () => {})
const options = {
  baseURL: `http://127.0.0.1:${port}`,
  secret,
  database: pool,
  emailAndPassword: { enabled: true },
  // so long that it is not at its end before the measurement is: five minutes in its documentation
  session: { cookieCache: { enabled: cache === 'on', maxAge: 4 * 3600 } },
  telemetry: { enabled: false },
  logger: { disabled: true },
}
const { runMigrations } = await getMigrations(options)
await runMigrations()
const auth = betterAuth(options)

const signUp = async i => {
  const body = { name: 'Ada', email: `ada${i}.${port}@example.com`, password: 'correct horse battery' }
  const res = await auth.api.signUpEmail({ body, asResponse: true })
  const cookies = res.headers.getSetCookie().map(cookie => cookie.split(';', 1)[0])
  return cookies.join('; ')
}

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.all('/api/auth/{*any}', toNodeHandler(auth))
app.get('/api/restricted', async (req, res) => {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) })
  if (session === null) res.sendStatus(401)
  else res.json(answer(session.user.id))
})
app.listen(Number(port), '127.0.0.1', async () => {
  const cookies = []
  for (let i = 0; i < Number(sessions); i++) cookies.push(await signUp(i))
  sayReady(cookies)
})
