import { createSecretKey } from 'node:crypto'
import { decodeStrictly } from './decode-strictly.ts'
import { isSignedWith } from './keys/check-signature.ts'

/**
 * The HS256 vectors of Project Wycheproof (json_web_signature_test.json, tcId 1 to 17), built of their parts. Their payload is no
 * JSON, so they are run against the check of signatures, and against the reader in front of it.
 */
const key = createSecretKey('-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE', 'base64url')
const header = 'eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1hZXMtc2lnbiJ9'
const payload = 'Zm9v'
const signature = 'TD37p4c_0jmreSrBSDmE0F3mYSPtkZ3WrSyI5wb_KTg'
const verify = (jws: string) => isSignedWith(jws, { id: 'kid-aes-sign', algorithm: 'HS256', key })

describe("Wycheproof's HS256 vectors", () => {
  test('the valid one verifies', () => {
    expect(verify(`${header}.${payload}.${signature}`)).toBe(true)
  })

  test.each([
    [2, `${header}.${payload}.X${signature.slice(1)}`],
    [3, `${header}.${payload}.`],
    [4, `${header}.${payload}`],
    [5, `${header}.WG9v.${signature}`],
    [6, `${header}..${signature}`],
    [7, `${header}.${signature}`],
    [8, `${header.replace('ImtpZC1h', 'IlhpZC1h')}.${payload}.${signature}`],
    [9, `.${payload}.${signature}`],
    [10, `${payload}.${signature}`],
    [11, `.${payload}.`],
    [12, payload],
    [13, ''],
    [14, `${header}.${payload}.${signature}.`],
    [15, `${header}.${payload}.${signature}.foo`],
    [16, `eyJhbGciOiJub25lIiwia2lkIjoia2lkLWFlcy1zaWduIn0.${payload}.`],
    [
      17,
      JSON.stringify({ payload, signatures: [{ protected: header, header: { unknown: 'untrustworthy' }, signature }] }),
    ],
  ])('number %i is refused', (_, jws) => {
    expect(decodeStrictly(jws)).toBeUndefined()
    expect(verify(jws)).toBe(false)
  })
})
