import { parseRedisUrl } from './redis-url.ts'

const single = { kind: 'single', tls: false, username: undefined, password: undefined, db: 0 }
const sentinel = { ...single, kind: 'sentinel', sentinelUsername: undefined, sentinelPassword: undefined }
const cluster = { kind: 'cluster', tls: false, username: undefined, password: undefined }
const at = (host: string, port: number) => ({ host, port })

const complaintOf = (url: string): string => {
  try {
    parseRedisUrl(url)
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
  return 'none'
}

describe('the URL of Redis', () => {
  test.each([
    ['redis://cache', { ...single, server: at('cache', 6379) }],
    ['redis://cache/', { ...single, server: at('cache', 6379) }],
    ['redis://cache:6380/2', { ...single, server: at('cache', 6380), db: 2 }],
    ['rediss://127.0.0.1:1', { ...single, tls: true, server: at('127.0.0.1', 1) }],
    ['ReDiss://Cache', { ...single, tls: true, server: at('Cache', 6379) }],
    ['redis://[::1]', { ...single, server: at('::1', 6379) }],
    ['redis://[fd00::17]:65535/0', { ...single, server: at('fd00::17', 65535) }],
    ['redis://:pw@cache', { ...single, server: at('cache', 6379), password: 'pw' }],
    ['redis://ada:pw@cache', { ...single, server: at('cache', 6379), username: 'ada', password: 'pw' }],
    ['redis://ada@cache', { ...single, server: at('cache', 6379), username: 'ada' }],
    ['redis://:@cache', { ...single, server: at('cache', 6379) }],
    [
      'redis://a%3Ab:p%2Fs%3Fs%23w%40%C3%A4%25:+@cache',
      { ...single, server: at('cache', 6379), username: 'a:b', password: 'p/s?s#w@ä%:+' },
    ],
    ['redis://:p@ss,word@cache', { ...single, server: at('cache', 6379), password: 'p@ss,word' }],
    ['redis://cache?family=0&connectTimeout=9', { ...single, server: at('cache', 6379) }],
  ])('%s is one server', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target)
  })

  test.each([
    ['redis-sentinel://s1?master=m', { ...sentinel, sentinels: [at('s1', 26379)], master: 'm' }],
    [
      'redis-sentinel://s1:1,[::1],10.0.0.3:3/4?master=my%20primary',
      { ...sentinel, sentinels: [at('s1', 1), at('::1', 26379), at('10.0.0.3', 3)], master: 'my primary', db: 4 },
    ],
    [
      'rediss-sentinel://ada:pw@s1,s2/?sentinelPassword=a+b%26c&sentinelUsername=eve&master=m',
      {
        ...sentinel,
        tls: true,
        sentinels: [at('s1', 26379), at('s2', 26379)],
        master: 'm',
        username: 'ada',
        password: 'pw',
        sentinelUsername: 'eve',
        sentinelPassword: 'a+b&c',
      },
    ],
    ['redis-sentinel://s1/0#mymaster', { ...sentinel, sentinels: [at('s1', 26379)], master: 'mymaster' }],
  ])('%s is what sentinels watch', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target)
  })

  test.each([
    ['redis-cluster://n1', { ...cluster, nodes: [at('n1', 6379)] }],
    ['redis-cluster://n1:1,[::1],n3/0', { ...cluster, nodes: [at('n1', 1), at('::1', 6379), at('n3', 6379)] }],
    [
      'Rediss-Cluster://ada:p%40ss@n1,n2/',
      { ...cluster, tls: true, nodes: [at('n1', 6379), at('n2', 6379)], username: 'ada', password: 'p@ss' },
    ],
  ])('%s is a cluster', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target)
  })

  const start = 'has to be a URL that starts with'
  const hosts = 'has to name its hosts as'
  test.each([
    ['', start],
    ['canary', start],
    ['http://canary', start],
    ['redis:/canary', start],
    ['redis+sentinel://canary/m', start],
    ['redis-cluster-canary://n1', start],
    ['redis://', hosts],
    ['redis:///0', hosts],
    ['redis://:canary@', hosts],
    ['redis://cache:', hosts],
    ['redis://cache:0', hosts],
    ['redis://cache:65536', hosts],
    ['redis://cache:canary', hosts],
    ['redis://::1', hosts],
    ['redis://[canary]', hosts],
    ['redis://[::1', hosts],
    ['redis://ca che', hosts],
    // a password that is not encoded ends where its own signs say so
    ['redis://:cana/ry@cache', hosts],
    ['redis://:cana?ry@cache', hosts],
    ['redis://:cana#ry@cache', hosts],
    ['redis-cluster://n1,', hosts],
    ['redis-cluster://n1,,n2', hosts],
    ['redis-cluster://n1;n2', hosts],
    ['redis-sentinel://:cana/ry@s1?master=m', hosts],
    ['redis://:canary%@cache', 'has a % that begins no code'],
    ['redis://:canary%zz@cache', 'has a % that begins no code'],
    ['redis-sentinel://s1?master=m&sentinelPassword=canary%', 'has a % that begins no code'],
    ['redis://:canary@cache,other', 'names several hosts'],
    ['redis://cache/canary', 'has to have the number of a database'],
    ['redis://cache/-1', 'has to have the number of a database'],
    ['redis://cache/0/1', 'has to have the number of a database'],
    ['redis-sentinel://s1/mymaster?master=m', 'has to have the number of a database'],
    ['redis-sentinel://:canary@s1', 'has to name the primary'],
    ['redis-sentinel://s1?master=', 'has to name the primary'],
    ['redis-sentinel://s1?mater=canary', 'has a parameter other than master'],
    ['redis-sentinel://s1?master=m&toString=canary', 'has a parameter other than master'],
    ['redis-sentinel://s1?master=m&sentinelPassword=x&canary', 'has a parameter other than master'],
    ['redis-cluster://:canary@n1/1', 'names a database'],
    ['redis-cluster://n1?canary=1', 'has parameters'],
    ['redis-cluster://n1#canary', 'has parameters'],
  ])('%s is none, and the complaint shows nothing of it', (url, complaint) => {
    expect(complaintOf(url)).toMatch(new RegExp(`^${complaint}`))
    expect(complaintOf(url)).not.toMatch(/cana|ry@/)
  })
})
