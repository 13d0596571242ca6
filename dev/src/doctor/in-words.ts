/** Why there was no answer, in words for a person, by the codes of Node's sockets, of its HTTP parser and of OpenSSL. */
export const inWords = (error: unknown, url: URL): string => {
  const { code = '', message = '' } = error as NodeJS.ErrnoException
  const sentence = sentences[code]
  if (sentence) return sentence(url)
  if (code.startsWith('HPE_')) {
    const other = url.protocol === 'http:' ? ' Is it to be reached by https://?' : ''
    return `What answers there does not speak HTTP.${other}`
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return `There is no TLS at ${url.host}. Is it to be reached by http://?`
  return `There is no answer from ${url.host} (${code || message}).`
}

type Sentence = (url: URL) => string

const certificateOf = (complaint: string, advice: string): Sentence => {
  return url => `The certificate of ${url.hostname} ${complaint}. ${advice}`
}
const ownAuthority = 'With an authority of your own, set NODE_EXTRA_CA_CERTS to the file of its certificate.'
const selfSigned = certificateOf('is self-signed, and browsers will not believe it', ownAuthority)
const unknownAuthority = certificateOf(
  'is of an authority that is not known here, or the server does not send the certificates in between',
  ownAuthority,
)
const away: Sentence = ({ host }) =>
  `Nobody listens at ${host}. Is the server started, is the port right, and is there a firewall?`
const gone: Sentence = ({ host }) => `${host} takes the connection and closes it without an answer.`
const unknownName: Sentence = ({ hostname }) => `Nobody knows the name ${hostname}. Is it spelt right, and in the DNS?`

const sentences: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: away,
  EHOSTUNREACH: away,
  ENETUNREACH: away,
  ETIMEDOUT: away,
  ECONNRESET: gone,
  EPIPE: gone,
  ENOTFOUND: unknownName,
  EAI_AGAIN: unknownName,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  CERT_HAS_EXPIRED: certificateOf('has expired', 'Renew it.'),
  CERT_NOT_YET_VALID: certificateOf('is not valid yet', 'Compare the clock of this machine with its first day.'),
  ERR_TLS_CERT_ALTNAME_INVALID: certificateOf('is made out to another name', 'Get one for this name.'),
}
