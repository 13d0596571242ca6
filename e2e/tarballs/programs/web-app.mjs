// An app on what was published, run as a module and, with `require` in place of `import`, as CommonJS. It prints what it saw.
import { createVerifier } from '@auth-pair/access-token'
import { createBrowserSessions } from '@auth-pair/web-app'
import express from 'express'

const secret = 'of-a-program-that-keeps-nothing-0123456789'
const kept = new Map()

// as much of Redis as a sign-in begins with
const redis = {
  get: async key => kept.get(key) ?? null,
  set: async () => 'OK',
  expire: async () => 1,
  del: async key => kept.delete(key),
  eval: async (_script, _keys, key, value) => {
    kept.set(key, value)
    return 'saved'
  },
}

const main = async () => {
  const web = createBrowserSessions({
    redis,
    secret,
    publicUrl: 'https://app.example.com',
    authServerPublicUrl: 'https://login.example.com',
    credentials: { service: 'program', secret },
    verifier: createVerifier({ secret, issuer: 'https://login.example.com', audience: 'auth-pair' }),
  })
  const app = express()
  app.use(web.routes)
  app.get('/orders', web.signedIn, (req, res) => res.json(req.auth))
  const server = app.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const ask = async (path, headers) => {
    const res = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers, redirect: 'manual' })
    const [cookie = ''] = res.headers.getSetCookie()
    const { origin } = new URL(res.headers.get('Location') ?? 'http://none')
    return [res.status, origin, cookie.replace(/=[^;]+/, '')]
  }
  const answers = [await ask('/orders'), await ask('/sign-in?return_to=/orders'), await ask('/signed-in?state=x')]
  console.log(JSON.stringify({ node: process.versions.node.split('.')[0], answers, kept: kept.size }))
  server.closeAllConnections()
  server.close()
}

main()
