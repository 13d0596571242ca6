import crypto, { createHmac, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import jwt from 'jsonwebtoken'
import { isSignedWith } from './check-signature.ts'
import { createKey, createVerifyingKey } from './key.ts'

const key = createKey(randomBytes(48).toString('base64'))
const verifies = (token: string) => {
  try {
    jwt.verify(token, key.key, { algorithms: ['HS256'], ignoreExpiration: true, ignoreNotBefore: true })
    return true
  } catch {
    return false
  }
}

test('a secret verifies what jsonwebtoken verifies with it, and nothing else', () => {
  const part = fc.json().map(text => Buffer.from(text).toString('base64url'))
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt' })).toString('base64url')
  const good = (input: string) => createHmac('sha256', key.key).update(input).digest()
  const change = fc.oneof(
    fc.constant((bytes: Buffer) => bytes),
    fc
      .nat(255)
      .map(bit => (bytes: Buffer) => bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))),
    fc.nat(31).map(length => (bytes: Buffer) => bytes.subarray(0, length)),
    fc.uint8Array({ minLength: 1, maxLength: 3 }).map(more => (bytes: Buffer) => Buffer.concat([bytes, more])),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map(other => () => Buffer.from(other)),
  )
  fc.assert(
    fc.property(part, change, (claims, changed) => {
      const input = `${header}.${claims}`
      const token = `${input}.${Buffer.from(changed(good(input))).toString('base64url')}`
      expect(isSignedWith(token, key)).toBe(verifies(token))
    }),
    { numRuns: 1000 },
  )
})

// RFC 7515, appendix A.1
test("the RFC's own HS256 example verifies", () => {
  const secret = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'
  const token =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const example = { ...key, key: createSecretKey(Buffer.from(secret, 'base64url')) }
  expect(isSignedWith(token, example)).toBe(true)
  expect(isSignedWith(token.replace('dBjf', 'dBjg'), example)).toBe(false)
})

// RFC 8037, appendix A.4
test("the RFC's own Ed25519 example verifies", () => {
  const ed = createVerifyingKey({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
  const token =
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'
  expect(isSignedWith(token, ed)).toBe(true)
  expect(isSignedWith(token.replace('.RXh', '.RXi'), ed)).toBe(false)
  expect(ed.id).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
})

test('a key of one kind never verifies what another kind signed', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const token = jwt.sign({}, privateKey, { algorithm: 'ES256' })
  expect(isSignedWith(token, createVerifyingKey(publicKey))).toBe(true)
  expect(isSignedWith(token, key)).toBe(false)
})

/**
 * Node before the security releases of March 2026 (20.20.2, 22.22.2, 24.14.1) compares byte by byte when WebCrypto verifies an HMAC
 * (CVE-2026-21713). None of these versions has to be refused: WebCrypto is not used, and what is compares in constant time.
 */
test('the signature of a secret is compared in a time that tells nothing of it, on every version of Node', () => {
  const token = jwt.sign({}, key.key)
  const forged = `${token.slice(0, -43)}${'A'.repeat(43)}`
  const compare = jest.spyOn(crypto, 'timingSafeEqual')
  const verify = jest.spyOn(crypto.subtle, 'verify')
  expect([isSignedWith(token, key), isSignedWith(forged, key)]).toEqual([true, false])
  expect(compare.mock.results.map(({ value }) => value)).toEqual([true, false])
  expect(verify).not.toHaveBeenCalled()
})
