import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import jwt from 'jsonwebtoken'
import { accessTokenType } from './claims.ts'
import { createVerifier } from './create-verifier.ts'
import { createKey } from './keys/key.ts'
import { createSigner } from './sign.ts'

const secrets = fc
  .uint8Array({ minLength: 32, maxLength: 200, size: 'max' })
  .map(bytes => Buffer.from(bytes).toString('base64'))
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const start = 1_800_000_000_000

describe('an access token', () => {
  test('is the one that jsonwebtoken makes of the same key and claims, and jsonwebtoken verifies it', () => {
    fc.assert(
      fc.property(
        fc.record({ secret: secrets, issuer: text, audience: text }),
        fc.array(fc.record({ userId: text, sessionId: text, lifeS: fc.integer({ min: 1, max: 3600 }) }), {
          maxLength: 5,
        }),
        ({ secret, issuer, audience }, tokens) => {
          const { id, key } = createKey(secret)
          const sign = createSigner({ key: createKey(secret), issuer, audience })
          for (const { userId, sessionId, lifeS } of tokens) {
            const token = sign({ userId, sessionId, lifeS, now: start + 999 })
            const { payload, header } = jwt.decode(token, { complete: true }) as jwt.Jwt & { payload: jwt.JwtPayload }
            const iat = start / 1000
            const { jti } = payload
            expect(payload).toEqual({
              iss: issuer,
              aud: audience,
              sub: userId,
              sid: sessionId,
              iat,
              exp: iat + lifeS,
              jti,
            })
            expect(header).toEqual({ alg: 'HS256', typ: accessTokenType, kid: id })
            expect(jwt.sign(payload, key, { algorithm: 'HS256', header })).toBe(token)
            expect(jwt.verify(token, key, { algorithms: ['HS256'], clockTimestamp: iat, issuer, audience })).toEqual(
              payload,
            )
            expect(createVerifier({ secret, issuer, audience, now: () => start }).verify(token).ok).toBe(true)
          }
        },
      ),
    )
  })

  test('has an id that no other has, of this server or another', () => {
    const key = createKey(randomBytes(48).toString('base64'))
    const signers = [0, 1].map(() => createSigner({ key, issuer: 'a', audience: 'b' }))
    const token = { userId: 'a', sessionId: 'b', now: start, lifeS: 300 }
    const ids = signers.flatMap(sign =>
      Array.from({ length: 2000 }, () => (jwt.decode(sign(token)) as jwt.JwtPayload).jti),
    )
    expect(new Set(ids).size).toBe(4000)
  })

  test('that would be longer than a verifier reads is not made', () => {
    const sign = createSigner({ key: createKey('k'.repeat(32)), issuer: 'a', audience: 'b' })
    expect(() => sign({ userId: 'a'.repeat(4000), sessionId: 'b', now: start, lifeS: 300 })).toThrow('longer than 4096')
  })
})
