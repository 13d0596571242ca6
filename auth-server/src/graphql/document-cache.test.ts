import { parse } from 'graphql'
import { createDocumentCache } from './document-cache.ts'

describe('the cache of documents', () => {
  test('remembers what is valid, and nothing that was only parsed', () => {
    const cache = createDocumentCache()
    const text = '{ me { id } }'
    const document = parse(text)
    cache.set()
    expect(cache.get(text)).toBeUndefined()
    cache.keep(document)
    expect(cache.get(text)).toBe(document)
  })

  test.each([
    ['with a string in it', 'mutation { login(email: "a@example.com", password: "canary") { payload } }'],
    ['with a block string in it', 'mutation { login(email: $email, password: """canary""") { payload } }'],
    ['that is long', `{ me { id ${'#'.repeat(1000)}\n } }`],
  ])('keeps nothing of one %s', (_what, text) => {
    const cache = createDocumentCache()
    cache.keep(parse(text))
    expect(cache.get(text)).toBeUndefined()
  })

  test('holds no more than a hundred', () => {
    const cache = createDocumentCache()
    const texts = Array.from({ length: 1000 }, (_, i) => `{ me { a${i}: id } }`)
    for (const text of texts) cache.keep(parse(text))
    expect(texts.filter(text => cache.get(text)).length).toBeLessThanOrEqual(100)
    expect(cache.get(texts.at(-1) ?? '')).toBeDefined()
  })
})
