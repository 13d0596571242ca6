import { isCrossSite } from './cross-site.ts'

const own = 'https://app.example.com'
const [sibling, evil] = ['https://other.example.com', 'https://evil.example']

test.each([
  [{ origin: own, 'sec-fetch-site': 'same-origin' }, true],
  [{ origin: own }, true],
  [{ 'sec-fetch-site': 'same-origin' }, true],
  // a form of our own page with `Referrer-Policy: no-referrer`
  [{ origin: 'null', 'sec-fetch-site': 'same-origin' }, true],
  // curl, services
  [{}, true],
  [{ origin: evil, 'sec-fetch-site': 'cross-site' }, false],
  [{ origin: evil }, false],
  [{ 'sec-fetch-site': 'cross-site' }, false],
  // a sibling of the same site
  [{ origin: sibling, 'sec-fetch-site': 'same-site' }, false],
  [{ origin: sibling }, false],
  [{ 'sec-fetch-site': 'same-site' }, false],
  // a sandboxed frame, a data: page, a file
  [{ origin: 'null', 'sec-fetch-site': 'cross-site' }, false],
  [{ origin: 'null' }, false],
  // one says so and the other does not
  [{ origin: own, 'sec-fetch-site': 'cross-site' }, false],
  [{ origin: evil, 'sec-fetch-site': 'same-origin' }, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ origin: '' }, false],
  [{ origin: 'http://app.example.com' }, false],
  [{ origin: 'https://app.example.com:444' }, false],
  [{ origin: 'https://app.example.com.evil.example' }, false],
  [{ origin: 'https://APP.example.com' }, false],
  [{ origin: 'https://app.example.com.' }, false],
])('WEB-01, WEB-02: a write with %j is accepted: %j', (headers, accepted) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    expect(isCrossSite({ method, headers } as never, own)).toBe(!accepted)
  for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(isCrossSite({ method, headers } as never, own)).toBe(false)
})
