import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { createVerifier } from '../create-verifier.ts'
import { createSigner } from '../sign.ts'
import { createKey, createSigningKey, createVerifyingKey, type Key, publicJwk } from './key.ts'
import { readKeySet } from './read-key-set.ts'

const issuer = 'https://login.example.com'
const audience = 'auth-pair'
const pem = (key: KeyObject) => key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }) as string
const p256 = () => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
const ed25519 = () => pem(generateKeyPairSync('ed25519').privateKey)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rs256 = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'r1', alg: 'RS256', use: 'sig' } as never

const tokenOf = (key: Key) =>
  createSigner({ key, issuer, audience })({
    userId: randomUUID(),
    sessionId: 'A'.repeat(22),
    now: Date.now(),
    lifeS: 300,
  })
const verifierOf = (...keys: Key[]) => createVerifier({ publicKeys: keys.map(publicJwk), issuer, audience })
const codeOf = (verification: { ok: boolean; code?: string }) => (verification.ok ? 'ok' : verification.code)

describe.each([
  ['ES256', p256],
  ['EdDSA', ed25519],
] as const)('tokens signed with %s', (algorithm, newPem) => {
  const key = createSigningKey(newPem())
  const token = tokenOf(key)

  test('verify with the public half alone', () => {
    expect(jwt.decode(token, { complete: true })?.header).toEqual({ alg: algorithm, typ: 'at+jwt', kid: key.id })
    expect(verifierOf(key).verify(token)).toMatchObject({ ok: true, claims: { iss: issuer, aud: audience } })
  })

  test('verify with a public key in PEM, and as a KeyObject', () => {
    const jwk = createVerifyingKey(publicJwk(key))
    for (const given of [pem(jwk.key), jwk.key])
      expect(createVerifier({ publicKeys: [given], issuer, audience }).verify(token).ok).toBe(true)
  })

  test('are refused with another key, also under our key id', () => {
    const other = createSigningKey(newPem())
    expect(codeOf(verifierOf(key).verify(tokenOf(other)))).toBe('unknown-key')
    expect(codeOf(verifierOf(key).verify(tokenOf({ ...other, id: key.id })))).toBe('bad-signature')
  })

  test('are refused when a bit of the signature is another, or it is shorter or longer', () => {
    const verifier = verifierOf(key)
    const dot = token.lastIndexOf('.') + 1
    const bytes = Buffer.from(token.slice(dot), 'base64url')
    for (let bit = 0; bit < 512; bit += 7) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(codeOf(verifier.verify(token.slice(0, dot) + flipped.toString('base64url')))).toBe('bad-signature')
    }
    for (const changed of [bytes.subarray(1), Buffer.concat([bytes, bytes.subarray(0, 1)]), Buffer.alloc(0)])
      expect(codeOf(verifier.verify(token.slice(0, dot) + changed.toString('base64url')))).toBe('malformed')
    expect(codeOf(verifier.verify(token.slice(0, dot) + Buffer.alloc(64).toString('base64url')))).toBe('bad-signature')
  })

  // JWT-02: the public key is known to everybody
  test('are refused when they are signed with HS256 and the public key for a secret', () => {
    const publicKey = createVerifyingKey(publicJwk(key))
    const verifier = createVerifier({
      secret: randomBytes(32).toString('base64'),
      publicKeys: [publicJwk(key)],
      issuer,
      audience,
    })
    const writings = [
      pem(publicKey.key),
      pem(publicKey.key).trim(),
      JSON.stringify(publicJwk(key)),
      publicKey.key.export({ format: 'der', type: 'spki' }).toString('latin1'),
    ]
    for (const writing of writings) {
      const forged = tokenOf({ ...createKey(writing), id: key.id })
      expect(codeOf(verifier.verify(forged))).toBe('malformed')
      expect(codeOf(verifier.verify(tokenOf(createKey(writing))))).toBe('unknown-key')
    }
  })

  test('are accepted beside tokens of a secret, each with its own algorithm', () => {
    const secret = randomBytes(32).toString('base64')
    const both = createVerifier({ secret, publicKeys: [publicJwk(key)], issuer, audience })
    expect(both.verify(token).ok).toBe(true)
    expect(both.verify(tokenOf(createKey(secret))).ok).toBe(true)
    expect(codeOf(both.verify(tokenOf({ ...key, id: createKey(secret).id })))).toBe('malformed')
  })
})

describe('a key', () => {
  test.each([
    ['of another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['of RSA', pem(rsa.privateKey)],
    ['that is public', pem(generateKeyPairSync('ed25519').publicKey)],
    ['that is none', 'x'],
  ])('%s does not sign', (_, given) => expect(() => createSigningKey(given)).toThrow())

  test('that does not sign is said to be what it is', () => {
    const encrypted = generateKeyPairSync('ed25519').privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    }) as string
    const said = (given: string) => {
      try {
        return createSigningKey(given)
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(said(encrypted)).toMatch(/encrypted/)
    expect(said(pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey))).toMatch(/secp384r1/)
    expect(said(pem(rsa.privateKey))).toMatch(/of rsa/)
    expect(said(pem(rsa.publicKey))).toMatch(/public half/)
    expect(said(Buffer.from(p256()).toString('base64'))).toMatch(/BEGIN PRIVATE KEY/)
    expect(said(p256().replaceAll('\n', ' '))).toMatch(/line breaks/)
  })

  test('that is private, or a secret, is no public key', () => {
    const jwk = createPrivateKey(p256()).export({ format: 'jwk' }) as never
    for (const given of [p256(), jwk, { kty: 'oct', k: 'AAAA' }, createKey('x'.repeat(32)).key])
      expect(() => createVerifyingKey(given)).toThrow()
  })

  test('of RSA below 2048 bits does not verify', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    expect(() => createVerifyingKey(weak)).toThrow(/not supported/)
  })

  test('shows its public half and no more, under the name that RFC 7638 gives it', () => {
    const key = createSigningKey(p256())
    const jwk = publicJwk(key)
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    // RFC 7638, section 3.1 has this key as its example
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    expect(createVerifyingKey({ kty: 'RSA', n, e: 'AQAB' }).id).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })
})

describe('a key set', () => {
  const good = publicJwk(createSigningKey(p256()))
  const idsOf = (...keys: unknown[]) => readKeySet(JSON.stringify({ keys })).map(({ id }) => id)

  test('gives the keys that verify, and lets others pass', () => {
    const others = [
      { ...good, kid: 'e', use: 'enc' },
      { ...good, kid: 'o', key_ops: ['sign'] },
      { ...good, kid: 'p', d: 'AAAA' },
      { ...good, kid: 'a', alg: 'ES384' },
      { ...good, kid: 'x', x: 'AAAA' },
      { kty: 'oct', kid: 's', k: 'A'.repeat(43) },
      { kty: 'new', kid: 'n' },
      { ...good, kid: undefined },
      { ...good, kid: 5 },
      null,
      'x',
    ]
    expect(idsOf(...others, rs256, good)).toEqual(['r1', good.kid])
  })

  test.each(['', '[]', '{}', '{"keys":{}}', 'null', '<html>'])('is not %j', text => {
    expect(() => readKeySet(text)).toThrow()
  })

  test('of more than a hundred keys is none', () => {
    expect(() => idsOf(...Array(101).fill(good))).toThrow(/not a key set/)
  })
})

test('a verifier without any key is none', () => {
  expect(() => createVerifier({ issuer, audience })).toThrow(/needs a secret/)
  expect(() => createVerifier({ secrets: [], publicKeys: [], issuer, audience })).toThrow(/needs a secret/)
})
