import { readAnswer } from './answer.ts'

const active = { active: true, iss: 'i', aud: 'a', sub: 'u', sid: 's', jti: 's', iat: 1 }
const { active: _, ...claims } = active

describe('an introspection response', () => {
  test.each([
    ['an active token', active, { active: true, claims }],
    ['what it ends with', { ...active, exp: 2 }, { active: true, claims: { ...claims, exp: 2 } }],
    ['its scopes', { ...active, scope: 'a b' }, { active: true, claims: { ...claims, scope: 'a b' } }],
    ['several audiences', { ...active, aud: ['a', 'b'] }, { active: true, claims: { ...claims, aud: ['a', 'b'] } }],
    ['what nobody asked for', { ...active, username: 'x', nbf: 1 }, { active: true, claims }],
    ['an inactive token', { active: false }, { active: false }],
    // RFC 7662, section 2.2: there should be no more
    ['an inactive token of which more is said', { ...active, active: false }, { active: false }],
  ])('tells of %s', (_name, said, read) => expect(readAnswer(JSON.stringify(said))).toEqual(read))

  test.each([
    ...['', 'null', '[]', '"active"', 'true', '{}', '{"active":true', '<html>', '{"active":"true"}', '{"active":1}'],
    ...['{"active":null}', '{"code":"unavailable","status":503}'],
  ])('is not %j', text => expect(() => readAnswer(text)).toThrow('This is no introspection response (RFC 7662).'))

  test.each([
    ...Object.keys(claims).map(name => ({ [name]: undefined })),
    ...Object.keys(claims).map(name => ({ [name]: {} })),
    ...[{ sub: '' }, { aud: [] }, { aud: ['a', 1] }, { iat: 0.5 }, { exp: '2' }, { exp: null }, { scope: ['a'] }],
  ])('of an active token says all that it has to: %j is none', change =>
    expect(() => readAnswer(JSON.stringify({ ...active, ...change }))).toThrow('lacks a member'),
  )
})
