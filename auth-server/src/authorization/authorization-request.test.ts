import { judgeRequest } from './authorization-request.ts'
import { isReturnAddress } from './settings.ts'

const address = 'https://app.example.com/signed-in'
const listed = new Set([address, 'http://localhost:4000/signed-in'])
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const good = {
  response_type: 'code',
  redirect_uri: address,
  state: 'xyz',
  code_challenge: challenge,
  code_challenge_method: 'S256',
}
/** As it comes out of a query that was written by whoever made the link. */
const judge = (query: string) => judgeRequest(new URL(`/api/authorize?${query}`, 'http://x').searchParams, listed)
const queryOf = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString()
const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))

/** What has opened redirects elsewhere, as it stands in a query: each is another way to write or to bend the one good address. */
const evil = [
  '',
  '/',
  '/signed-in',
  'signed-in',
  '.',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/%09/evil.example',
  '%09//evil.example',
  '%2f%2fevil.example',
  'https:evil.example',
  'https:/evil.example',
  'https:\\\\evil.example',
  'https://evil.example',
  'https://evil.example/signed-in',
  'https://evil.example/app.example.com/signed-in',
  'https://evil.example?https://app.example.com/signed-in',
  'https://evil.example%23https://app.example.com/signed-in',
  'https://app.example.com@evil.example/signed-in',
  'https://app.example.com%40evil.example/signed-in',
  'https://app.example.com:pw@evil.example/signed-in',
  'https://user@app.example.com/signed-in',
  'https://evil.example%5c@app.example.com/signed-in',
  'https://app.example.com%5c@evil.example/signed-in',
  'https://app.example.com.evil.example/signed-in',
  'https://evilapp.example.com/signed-in',
  'https://evil.app.example.com/signed-in',
  'https://example.com/signed-in',
  'https://app.example.com./signed-in',
  'https://app.example.com:443/signed-in',
  'https://app.example.com:8443/signed-in',
  'http://app.example.com/signed-in',
  'HTTPS://app.example.com/signed-in',
  'https://APP.example.com/signed-in',
  'https://app.example.com/Signed-in',
  'https://app.example.com',
  'https://app.example.com/',
  'https://app.example.com/signed-in/',
  'https://app.example.com/signed-in/..',
  'https://app.example.com/signed-in/../evil',
  'https://app.example.com/./signed-in',
  'https://app.example.com//signed-in',
  'https://app.example.com/%2573igned-in',
  'https://app.example.com/signed-in%2f..%2fevil',
  'https://app.example.com/signed-in?next=https://evil.example',
  'https://app.example.com/signed-in%3f',
  'https://app.example.com/signed-in%23',
  'https://app.example.com/signed-in;x',
  'https://app.example.com/signed-in%00',
  'https://app.example.com/signed-in%0d%0aSet-Cookie:a=b',
  'https://app.example.com/signed-in%0a',
  '%20https://app.example.com/signed-in',
  'https://app.example.com/signed-in%20',
  'https://app%2eexample.com%252f/signed-in',
  'https://app.example%E3%80%82com/signed-in',
  'https://%EF%BD%81pp.example.com/signed-in',
  'https://app.example.com%E2%80%AE/signed-in',
  'https://app.example.com/signed%C2%ADin',
  'ht%09tps://app.example.com/signed-in',
  'https://app.exam%0aple.com/signed-in',
  'javascript:alert(1)//https://app.example.com/signed-in',
  'java%0ascript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://app.example.com/signed-in',
  'view-source:https://app.example.com/signed-in',
  'com.evil.app:/signed-in',
  'http://localhost:4000/signed-in/',
  'http://localhost:4001/signed-in',
  'http://localhost.evil.example:4000/signed-in',
  'http://127.0.0.1:4000/signed-in',
  'http://2130706433:4000/signed-in',
  'http://[::1]:4000/signed-in',
  `${address},http://localhost:4000/signed-in`,
  `${address}%20http://localhost:4000/signed-in`,
  'null',
  '*',
  '%FF',
]

describe('the address that a browser is sent back to', () => {
  test('the table has its rows', () => expect(new Set(evil).size).toBeGreaterThanOrEqual(60))

  test.each(evil)('%s is not one', written => {
    expect(judge(`${queryOf(without('redirect_uri'))}&redirect_uri=${written}`)).toEqual({ kind: 'address-unknown' })
  })

  test('is one that is listed, in these very characters, once', () => {
    expect(judge(queryOf(good))).toEqual({ kind: 'good', returnAddress: address, state: 'xyz', challenge })
    expect(judge(queryOf(without('redirect_uri')))).toEqual({ kind: 'address-unknown' })
    for (const second of [address, 'https://evil.example']) {
      expect(judge(`${queryOf(good)}&redirect_uri=${second}`)).toEqual({ kind: 'address-unknown' })
      expect(judge(`redirect_uri=${second}&${queryOf(good)}`)).toEqual({ kind: 'address-unknown' })
    }
    for (const name of ['redirect_uri[]', 'redirect_uri%00', 'Redirect_uri', 'redirect_url'])
      expect(judge(`${queryOf(without('redirect_uri'))}&${name}=${address}`)).toEqual({ kind: 'address-unknown' })
  })

  test('is nowhere while none is listed', () => {
    expect(judgeRequest(new URLSearchParams(good), new Set())).toEqual({ kind: 'address-unknown' })
  })
})

describe('a request for a code', () => {
  test.each([
    ['without response_type', without('response_type'), 'invalid_request', 'xyz'],
    ['for a token', { ...good, response_type: 'token' }, 'unsupported_response_type', 'xyz'],
    ['for two things', { ...good, response_type: 'code id_token' }, 'unsupported_response_type', 'xyz'],
    ['without state', without('state'), 'invalid_request', undefined],
    ['with an empty state', { ...good, state: '' }, 'invalid_request', undefined],
    ['with line breaks in its state', { ...good, state: 'a\r\nb' }, 'invalid_request', undefined],
    ['with a state that is too long', { ...good, state: 'a'.repeat(513) }, 'invalid_request', undefined],
    ['without a challenge', without('code_challenge'), 'invalid_request', 'xyz'],
    ['with a challenge that is no hash', { ...good, code_challenge: 'a'.repeat(42) }, 'invalid_request', 'xyz'],
    ['with a padded challenge', { ...good, code_challenge: `${challenge}=` }, 'invalid_request', 'xyz'],
    ['without a method', without('code_challenge_method'), 'invalid_request', 'xyz'],
    ['with the method plain', { ...good, code_challenge_method: 'plain' }, 'invalid_request', 'xyz'],
    ['with the method s256', { ...good, code_challenge_method: 's256' }, 'invalid_request', 'xyz'],
  ])('%s is told so', (_, parameters, error, state) => {
    expect(judge(queryOf(parameters))).toEqual({
      kind: 'faulty',
      returnAddress: address,
      fault: { error, description: expect.stringMatching(/^[ -~]+$/) },
      state,
    })
  })

  test.each([
    'response_type=code',
    'state=abc',
    `code_challenge=${challenge}`,
    'code_challenge_method=S256',
    'client_id=a&client_id=b',
  ])('with %s twice is told so', twice => {
    expect(judge(`${queryOf(good)}&${twice}`)).toMatchObject({ kind: 'faulty', fault: { error: 'invalid_request' } })
  })

  test.each(['', 'a\u0000b', 'shöp', 'x'.repeat(257)])('with the client_id %j is told so', client_id => {
    expect(judge(queryOf({ ...good, client_id }))).toMatchObject({
      kind: 'faulty',
      fault: { description: 'client_id is malformed' },
    })
  })

  test('may say more, which is left alone', () => {
    const more = { ...good, client_id: 'shop', scope: 'openid', nonce: '1', prompt: 'login', __proto__: 'x' }
    expect(judge(queryOf(more))).toMatchObject({ kind: 'good' })
  })
})

describe('RETURN_ADDRESSES', () => {
  test.each([
    'https://app.example.com/signed-in',
    'https://app.example.com/',
    'https://app.example.com:8443/a/b',
    'http://localhost:4000/signed-in',
    'http://127.0.0.1/x',
    'http://[::1]:4000/x',
  ])('may name %s', text => expect(isReturnAddress(text)).toBe(true))

  test.each([
    '',
    'https://app.example.com',
    'https://app.example.com/a?b=c',
    'https://app.example.com/a?',
    'https://app.example.com/a#b',
    'https://app.example.com/a#',
    'https://app.example.com/*',
    'https://*.example.com/',
    'https://user@app.example.com/',
    'https://:pw@app.example.com/',
    'https://APP.example.com/',
    'https://app.example.com:443/',
    'https://app.example.com/a/../b',
    'https:\\\\app.example.com/',
    'http://app.example.com/',
    'http://localhost.example.com/',
    'http://10.0.0.1/',
    'javascript:alert(1)',
    'com.example.app:/signed-in',
    '/signed-in',
    '//app.example.com/',
  ])('may not name %s', text => expect(isReturnAddress(text)).toBe(false))
})
