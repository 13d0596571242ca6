import { domainToASCII } from 'node:url'

/** The longest address that mail can be sent to, in octets (RFC 5321, section 4.5.3.1.3, less its brackets). */
export const maxEmailBytes = 254

/**
 * The address as it is stored and mailed to: trimmed and in NFC. What white space is, is JavaScript's word.
 */
export const normaliseEmail = (email: string): string => email.trim().normalize('NFC')

/**
 * Whether every character stands for itself. Blank and invisible ones, and ones that turn the direction of reading make two addresses
 * look like one. Some letters outside of ASCII turn into ASCII ones when they are normalised or
 * lowered (the Kelvin sign, long s, dotted capital I, full-width forms): an address with one of them could pass for
 * somebody else's, and nobody has such an address.
 */
export const hasOnlyPlainLetters = (email: string): boolean =>
  !invisible.test(email) &&
  [...email].every(char => isAscii(char) || !hasAsciiLetter(char.normalize('NFKC').toLowerCase()))

/**
 * The one key of an address, whatever its case: letters lowered, each outside of ASCII only to one outside of ASCII, and the
 * domain in the form that DNS is asked (RFC 5891). No dots and no plus-tags are removed: they belong to the address.
 * Undefined when the domain is none.
 */
export const emailKey = (email: string): string | undefined => {
  const at = email.lastIndexOf('@')
  const domain = domainToASCII(email.slice(at + 1))
  return domain === '' ? undefined : `${lowerCase(email.slice(0, at))}@${domain}`
}

const lowerCase = (text: string): string =>
  Array.from(text, char => {
    if (isAscii(char)) return char.toLowerCase()
    // by way of the capital, of which some letters share one: the two small sigmas, micro and mu
    const folded = [char.toUpperCase().toLowerCase().replaceAll('ς', 'σ'), char.toLowerCase()]
    return folded.find(text => !hasAsciiLetter(text)) ?? char
  })
    .join('')
    .normalize('NFC')

const invisible = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u
const isAscii = (char: string): boolean => char < '\u0080'
const hasAsciiLetter = (text: string): boolean => /[a-z]/i.test(text)
