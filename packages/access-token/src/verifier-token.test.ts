import { createHmac, randomBytes } from 'node:crypto'
import { createKey } from './keys/key.ts'
import { createVerifierTokenCheck, createVerifierTokenSigner } from './verifier-token.ts'

const secret = randomBytes(48).toString('base64')
const issuer = 'https://login.example.com'
const now = () => 1_800_000_000_000
const check = createVerifierTokenCheck({ secrets: [secret], issuer, now })
const sign = createVerifierTokenSigner({ secret, issuer, now })

test('a verifier token says which service it is', () => {
  expect(check(sign('orders'))).toBe('orders')
})

test.each([undefined, null, 5, [createKey(secret).id], { toString: 1, valueOf: 1 }].map(kid => [kid]))(
  'one whose kid is %j is nobody’s, and ends nothing',
  kid => {
    const [, claims] = sign('orders').split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'verifier+jwt', kid })).toString('base64url')
    const input = `${header}.${claims}`
    expect(check(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBeUndefined()
  },
)
