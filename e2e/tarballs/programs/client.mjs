// A caller on what was published, run as a module and, with `require` in place of `import`, as CommonJS. It prints what it saw.
import { AuthError, createAuthClient, fileStore } from '@auth-pair/client'

const { URL: url } = process.env

const main = async () => {
  const client = createAuthClient({ url, store: fileStore('./session.json') })
  const user = await client.signIn({ email: 'ada@example.com', password: 'correct horse battery' })
  const answer = await (await client.fetch(`${url}/echo`)).json()
  const foreign = await client.fetch('http://elsewhere.example/').catch(error => error)
  // another process of the same store
  const again = await createAuthClient({ url, store: fileStore('./session.json') }).accessToken()
  const isKnown = foreign instanceof AuthError
  console.log(
    JSON.stringify({ node: process.versions.node.split('.')[0], user, answer, isKnown, code: foreign.code, again }),
  )
}

main()
