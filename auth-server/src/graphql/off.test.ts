import { startAuthServer } from '../testing/index.ts'

/** What was loaded of the libraries, and of this folder. */
const loaded = () =>
  Object.keys(require.cache).filter(file =>
    /\/node_modules\/(@?graphql\b|@graphql-|@escape\.tech\/|@whatwg-node\/|@envelop\/)|\/graphql\/(index|schema|limits)\.ts$/.test(
      file,
    ),
  )

describe('with GRAPHQL=off', () => {
  test('there is nothing at /graphql, and no library of it is loaded', async () => {
    const off = await startAuthServer({ GRAPHQL: 'off' })
    try {
      const answers = [
        await off.http.post('/graphql').send({ query: '{ __typename }' }),
        await off.http.get('/graphql'),
        await off.http.get('/graphql?query={__typename}'),
        await off.http.options('/graphql'),
      ]
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(4).fill([404, 'not-found']))
      expect(off.routes.map(({ path }) => path)).not.toContain('/graphql')
      expect(loaded()).toEqual([])
    } finally {
      await off.close()
    }
  })

  test('a library that is loaded would be seen', async () => {
    const on = await startAuthServer({ GRAPHQL: 'on' })
    try {
      expect((await on.http.post('/graphql').send({ query: '{ __typename }' })).status).toBe(200)
      expect(loaded().length).toBeGreaterThan(100)
    } finally {
      await on.close()
    }
  })
})
