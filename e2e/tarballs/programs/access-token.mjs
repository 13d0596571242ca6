// A service on what was published, run as a module and, with `require` in place of `import`, as CommonJS. It prints what it saw.
import { createRevocationFeed, createVerifier, requireAccessToken } from '@auth-pair/access-token'
import express from 'express'

const {
  SECRET: secret,
  ISSUER: issuer,
  AUDIENCE: audience,
  TOKEN: token,
  FORGED: forged,
  API_TOKEN: apiToken,
  UNANSWERED: unanswered,
  FEED: authServerUrl,
} = process.env

const main = async () => {
  const changes = []
  const onChange = ({ kind }) => changes.push(kind)
  const feed = createRevocationFeed({ authServerUrl, secret, issuer, service: 'program', onChange })
  feed.start()
  await until(() => feed.state().kind === 'connected')
  // what holds a connection has to outlive it
  globalThis.gc()

  const introspection = { url: authServerUrl, secret, service: 'program' }
  const verifier = createVerifier({ secret, issuer, audience, introspection, revocations: feed.revocations })
  const app = express()
  app.get('/', requireAccessToken(verifier), (req, res) => res.json(req.auth))
  const server = app.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const ask = async presented => {
    const headers = presented === undefined ? {} : { Authorization: `Bearer ${presented}` }
    const res = await fetch(`http://127.0.0.1:${server.address().port}`, { headers })
    const { sub, code } = await res.json()
    return [res.status, sub ?? code]
  }

  const answers = [await ask(), await ask(token), await ask(forged), await ask(apiToken), await ask(apiToken)]
  // so has what ends a question
  const collecting = setInterval(globalThis.gc, 100)
  answers.push(await ask(unanswered))
  clearInterval(collecting)
  await fetch(new URL('/revoke', authServerUrl))
  await until(() => feed.stats().entries === 1)
  answers.push(await ask(token))
  console.log(
    JSON.stringify({ node: process.versions.node.split('.')[0], answers, code: verifier.verify(token).code, changes }),
  )

  await feed.stop()
  server.closeAllConnections()
  server.close()
}

const until = async condition => {
  for (let i = 0; !condition(); i++) {
    if (i > 1000) throw new Error('it took too long')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

main()
