import { isIPv6 } from 'node:net'

export interface RedisHost {
  readonly host: string
  readonly port: number
}

/** Where Redis is, and how to get in. `username` and `password` are those of the servers that hold the data. */
export type RedisTarget = {
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
} & (
  | { readonly kind: 'single'; readonly server: RedisHost; readonly db: number }
  | {
      readonly kind: 'sentinel'
      readonly sentinels: readonly RedisHost[]
      readonly master: string
      readonly sentinelUsername: string | undefined
      readonly sentinelPassword: string | undefined
      readonly db: number
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisHost[] }
)

const schemes = 'redis://, redis-sentinel:// or redis-cluster://, or with rediss for TLS'
const form = /^redis(s?)(-sentinel|-cluster)?:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/i

/**
 * Reads the forms of a Redis URL:
 *
 *     redis://[user[:password]@]host[:port][/db]
 *     redis-sentinel://[user[:password]@]host[:port],...[/db]?master=NAME[&sentinelUsername=...][&sentinelPassword=...]
 *     redis-cluster://[user[:password]@]host[:port],...
 *
 * `rediss` in place of `redis` is TLS. Throws a TypeError that says what is wrong, and never shows a part of the URL:
 * where a password is not encoded, any part can be a piece of it.
 */
export const parseRedisUrl = (url: string): RedisTarget => {
  const match = form.exec(url)
  if (!match) throw new TypeError(`has to be a URL that starts with ${schemes}`)
  const [, tls = '', kind = '', authority = '', path = '', query = '', fragment = ''] = match
  const at = authority.lastIndexOf('@')
  const [username, password] = readLogin(authority.slice(0, Math.max(0, at)))
  const common = { tls: tls !== '', username, password }
  const hosts = (defaultPort: number) =>
    authority
      .slice(at + 1)
      .split(',')
      .map(host => readHost(host, defaultPort))

  if (kind === '') {
    const [server, ...more] = hosts(6379)
    if (!server || more.length > 0)
      throw new TypeError('names several hosts, which is for redis-sentinel:// and redis-cluster://')
    // whatever else stands in the URL is for other clients: providers add such parameters
    return { kind: 'single', ...common, server, db: readDb(path) }
  }
  if (kind.toLowerCase() === '-cluster') {
    if (query !== '' || fragment !== '') throw new TypeError('has parameters, and redis-cluster:// knows none')
    const nodes = hosts(6379)
    if (readDb(path) !== 0) throw new TypeError('names a database, and a cluster has only number 0')
    return { kind: 'cluster', ...common, nodes }
  }
  const { sentinelUsername, sentinelPassword, ...named } = readSentinelParameters(query)
  const sentinels = hosts(26379)
  // Lettuce's way to name it is known as well; the comment sign is awkward in files of settings
  const master = named.master ?? (decode(fragment) || undefined)
  if (master === undefined) throw new TypeError('has to name the primary that the sentinels watch: ?master=NAME')
  return { kind: 'sentinel', ...common, sentinels, master, sentinelUsername, sentinelPassword, db: readDb(path) }
}

const readLogin = (userInfo: string): [username: string | undefined, password: string | undefined] => {
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/s.exec(userInfo) ?? []
  return [decode(username) || undefined, decode(password) || undefined]
}

const readHost = (text: string, defaultPort: number): RedisHost => {
  const [, ipv6, name = '', digits] = /^(?:\[(.*)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const port = digits === undefined ? defaultPort : Number(digits)
  if ((ipv6 === undefined ? name === '' : !isIPv6(ipv6)) || port < 1 || port > 65535) {
    throw new TypeError(
      'has to name its hosts as host, host:port or [IPv6]:port, with commas between (in a password / ? # are %2F %3F %23)',
    )
  }
  return { host: ipv6 ?? name, port }
}

const readDb = (path: string): number => {
  if (!/^(\/\d{0,5})?$/.test(path)) throw new TypeError('has to have the number of a database, or nothing, as its path')
  return Number(path.slice(1))
}

type SentinelParameters = { [name in 'master' | 'sentinelUsername' | 'sentinelPassword']: string | undefined }

const readSentinelParameters = (query: string): SentinelParameters => {
  const found: SentinelParameters = { master: undefined, sentinelUsername: undefined, sentinelPassword: undefined }
  for (const parameter of query.split('&').filter(Boolean)) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(parameter) ?? []
    if (!isSentinelParameter(name, found)) {
      throw new TypeError(`has a parameter other than ${Object.keys(found).join(', ')}`)
    }
    // not by URLSearchParams, which takes the + of a password for a space
    found[name] = decode(value) || undefined
  }
  return found
}

const isSentinelParameter = (name: string, known: SentinelParameters): name is keyof SentinelParameters =>
  Object.hasOwn(known, name)

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError('has a % that begins no code of two digits: % itself is %25')
  }
}
