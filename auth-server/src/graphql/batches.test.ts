import { askGraphql } from '../testing/ask-graphql.ts'
import { freshAddress, goodPassword, signUp, startAuthServer } from '../testing/index.ts'

describe('many logins in one request', () => {
  const named = (count: number, operation: string) =>
    `mutation ($e: String!, $p: String!) { ${Array.from({ length: count }, (_, i) => `a${i}: ${operation}`).join(' ')} }`
  const login = 'login(email: $e, password: $p) { status }'
  const signIn = 'signIn(email: $e, password: $p) { accessToken }'
  const batch = (count: number, variables: object) =>
    Array.from({ length: count }, () => ({ query: `mutation ($e: String!, $p: String!) { ${login} }`, variables }))

  test.each([
    ['a thousand by name', 413, (variables: object) => ({ query: named(1000, login), variables })],
    ['as many by name as a body holds', 200, (variables: object) => ({ query: named(300, login), variables })],
    [
      'as many by name as a document has tokens for',
      200,
      (variables: object) => ({ query: named(60, signIn), variables }),
    ],
    ['two by name', 200, (variables: object) => ({ query: named(2, login), variables })],
    ['a thousand in a list', 413, (variables: object) => batch(1000, variables)],
    ['as many in a list as a body holds', 400, (variables: object) => batch(60, variables)],
    ['two in a list', 400, (variables: object) => batch(2, variables)],
    ['one in a list', 400, (variables: object) => batch(1, variables)],
    ['one in a list under a key', 200, (variables: object) => ({ 0: batch(1, variables)[0] })],
  ])('are none: %s', async (_, status, bodyOf) => {
    const limited = await startAuthServer({
      GUESSES_FREE: '1',
      LIMIT_SIGN_INS: '2/100000',
      LIMIT_ALL_SIGN_INS: '2/100000',
      TRUSTED_PROXIES: '127.0.0.1',
    })
    try {
      const { email } = await signUp(limited)
      const address = freshAddress()
      const { rounds } = limited.passwords.stats()
      for (const password of ['wrong', goodPassword]) {
        const send = limited.http.post('/graphql').set('X-Forwarded-For', address)
        const res = await send.send(bodyOf({ e: email, p: password }))
        expect([res.status, res.body.data]).toEqual([status, undefined])
      }
      expect(limited.passwords.stats().rounds).toBe(rounds)
      // nor has anything been counted: these are all that the limits let through
      const statusOf = async (password: string) => {
        const query = `mutation ($e: String!, $p: String!) { ${login} }`
        const { body } = await askGraphql(limited, { query, variables: { e: email, p: password } }).set(
          'X-Forwarded-For',
          address,
        )
        return body.data.login.status
      }
      expect([await statusOf(goodPassword), await statusOf('wrong'), await statusOf(goodPassword)]).toEqual([
        200, 401, 429,
      ])
    } finally {
      await limited.close()
    }
  })
})
