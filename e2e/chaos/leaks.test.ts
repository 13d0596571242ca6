import { createLeakSearch } from './leaks.ts'
import { canary } from './model.ts'

const leakIn = createLeakSearch(['s3cret-of-the-run'])

describe('the search for leaks', () => {
  test.each([
    ['a secret', '{"detail":"s3cret-of-the-run"}'],
    ['a secret', `{"detail":"${canary} horse battery 7"}`],
    ['a secret', `{"accessToken":"${canary}"}`],
    ['ECONNREFUSED', '{"detail":"connect ECONNREFUSED 127.0.0.1:5432"}'],
    ['insert into', '{"detail":"insert into users (id)"}'],
    ['select id, email from', '{"detail":"select id, email from users"}'],
    ['at read (', '{"stack":"Error: x\\n    at read (/app/postgres.js:1:2)"}'],
    ['$2b$', '{"hash":"$2b$04$abcdefghijklmnopqrstuv"}'],
  ])('finds %s in %s', (leak, text) => {
    expect(leakIn(text)).toBe(leak)
  })

  test('finds nothing in answers as they should be, whatever letters a token is made of', () => {
    for (const text of [
      '{"user":{"id":"1","email":"Ada@example.com"},"accessToken":"xREDISx.postgres.x","tokenType":"Bearer"}',
      '{"type":"about:blank","title":"The service is not available right now","status":503,"code":"unavailable"}',
    ]) {
      expect(leakIn(text)).toBeUndefined()
    }
  })
})
