import { list } from '@auth-pair/service'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether an address may be listed: written as browsers write it, so that comparing characters is comparing addresses, and https, or http on
 * this machine. A query or a fragment is the answer's alone (RFC 6749, section 3.1.2).
 */
export const isReturnAddress = (text: string): boolean => {
  if (!URL.canParse(text) || /[?#*\\]/.test(text)) return false
  const { href, protocol, hostname, username, password } = new URL(text)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname))
  return isSafe && href === text && username === '' && password === ''
}

export const authorizationSettings = {
  RETURN_ADDRESSES: list(
    isReturnAddress,
    'has to be a comma-separated list of addresses such as https://app.example.com/signed-in: https (http on localhost alone), in the spelling of browsers, without user, query and fragment',
    'Where browsers may be sent back to with a code after a sign-in here: exact addresses, comma-separated, https (http on localhost alone). They are compared character by character; the server behind each can sign people in ([decision 18](decisions/0018-sign-in-by-redirect.md)).',
  ),
}
