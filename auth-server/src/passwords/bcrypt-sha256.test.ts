import bcrypt from 'bcrypt'
import { bcrypt256Key, bcryptSalt, digestOf, formatBcrypt256, newSalt, parseBcrypt256 } from './bcrypt-sha256.ts'

describe('bcrypt-sha256', () => {
  test("passlib's published vector is reproduced", async () => {
    const stored = '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2'
    const salt = 'n79VH.0Q2TMWmt3Oqt9uku'
    const hash = await bcrypt.hash(bcrypt256Key('password', salt), bcryptSalt({ cost: 12, salt }))
    expect(formatBcrypt256({ cost: 12, salt, digest: digestOf(hash) })).toBe(stored)
    expect(parseBcrypt256(stored)).toEqual({ cost: 12, salt, digest: 'Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2' })
  })

  test.each([
    // jBCrypt's and OpenBSD's published vectors
    ['abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
    [
      'abcdefghijklmnopqrstuvwxyz',
      '$2a$06$.rCVZVOThsIa97pEDOxvGu',
      '$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC',
    ],
  ])('the bcrypt underneath is bcrypt: %j', async (password, salt, hash) => {
    expect(await bcrypt.hash(password, salt)).toBe(hash)
  })

  test.each([
    '',
    '$bcrypt-sha256$v=1,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2',
    '$bcrypt-sha256$v=2,t=2a,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2',
    '$bcrypt-sha256$v=2,t=2b,r=31$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2',
    '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uk$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2',
    '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft',
  ])('%j is not of the format', stored => {
    expect(parseBcrypt256(stored)).toBeUndefined()
  })

  test('salts are what bcrypt itself writes back', async () => {
    for (let i = 0; i < 20; i++) {
      const salt = newSalt()
      expect((await bcrypt.hash('x', `$2b$04$${salt}`)).slice(7, 29)).toBe(salt)
    }
  })
})
