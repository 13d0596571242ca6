import { randomBytes } from 'node:crypto'
import { readConfig } from '@auth-pair/auth-server/config'
import { createLimits } from '@auth-pair/auth-server/limits'
import { createLog } from '@auth-pair/service'
import { Redis } from 'ioredis'
import type { Needs, Result } from '../scenario.ts'

export const about = 'The memory that sign-ins with unknown emails take in Redis, at a million different ones.'

/** Bytes an email. */
const most = 250
/** What an address may try before it is refused, less a few. */
const perAddress = 50
const atOnce = 500

const usedMemory = async (redis: Redis): Promise<number> =>
  Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1])

/** The limits as they ship; the stores are given, and of the rest nothing matters here. */
const shippedLimits = () =>
  readConfig({
    PUBLIC_URL: 'http://localhost:3000',
    COOKIE_SECURE: 'false',
    DATABASE_URL: 'postgres://nowhere',
    REDIS_URL: 'redis://nowhere',
    JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
    REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
  }).limits

/** Every second address is an IPv6 one: their networks take more letters. */
const addressOf = (i: number): string => {
  const n = Math.floor(i / perAddress)
  return n % 2
    ? `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
    : `2001:db8:${(n >> 16).toString(16)}:${(n & 65_535).toString(16)}::1`
}

export const run = async ({ quick, progress, startRedis, atEnd }: Needs): Promise<Result> => {
  const { url, about: store } = await startRedis()
  const redis = new Redis(url)
  atEnd(() => redis.disconnect())
  const count = quick ? 100_000 : 1_000_000
  const policy = shippedLimits()
  const log = createLog({ name: 'bench', level: 'warn' })
  const limits = createLimits({ redis, policy, secret: randomBytes(48).toString('base64'), log })
  const wanted = new AbortController().signal

  const tryOnce = async (i: number): Promise<void> => {
    const attempt = { account: `nobody${i}@example.org`, ip: addressOf(i), deviceToken: undefined }
    const passChallenge = () => Promise.reject(new Error('a challenge is asked for'))
    const guess = await limits.beginSignIn({ ...attempt, hasSolution: false, passChallenge }, wanted)
    await guess.end('wrong')
  }
  // the scripts and the connection are there before anything is counted
  await tryOnce(-perAddress)
  const before = await usedMemory(redis)
  const growth: [number, number][] = [[0, 0]]
  for (let i = 0; i < count; i += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, k) => tryOnce(i + k)))
    if ((i + atOnce) % (count / 20) === 0) {
      growth.push([(i + atOnce) / 1000, Math.round(((await usedMemory(redis)) - before) / 2 ** 20)])
      progress(`${i + atOnce} of ${count} emails`)
    }
  }
  const bytes = ((await usedMemory(redis)) - before) / count
  const lives = await livesOf(redis, progress)
  const total = lives.long + lives.short
  return {
    notes: [
      `${count} different emails without an account, one wrong password for each, through the limits of the auth-server as they ship (\`createLimits\`), on a ${store}; \`used_memory\` before and after, divided by the number of emails. The tries come from ${Math.ceil(count / perAddress)} addresses, half of them IPv6, ${perAddress} from each: more would be refused. What is counted of the addresses themselves is in the figure as long as it lives, which is some minutes.`,
      `${lives.long} of them are remembered for more than a day (${describe(lives.longestS)} at most), all others for at most ${describe(lives.shortestMaxS)}: behind the first ten thousand new ones of a day only the hour is left. ${lives.forever} keys have no end, and ${lives.addresses} keys were those of addresses.`,
      'A password is looked at behind each try that is counted, and a try whose password is never looked at is taken back: a server that checks ten passwords a second would need 28 hours for a million emails, and remembers at most 36,000 of them for the hour.',
    ],
    tables: [
      {
        title: 'Memory and life',
        head: ['emails', 'bytes an email', 'MiB in all', 'remembered for more than a day', 'for an hour at most'],
        rows: [
          [
            String(count),
            bytes.toFixed(0),
            ((bytes * count) / 2 ** 20).toFixed(0),
            String(lives.long),
            String(lives.short),
          ],
        ],
      },
      { title: 'How long they still have', head: ['', 'keys'], rows: lives.rows.map(([what, n]) => [what, String(n)]) },
    ],
    plot: {
      kind: 'lines',
      title: 'Memory of Redis while unknown emails are tried',
      x: 'thousands of emails',
      y: 'MiB',
      series: [{ name: 'used_memory since the beginning', points: growth }],
    },
    figures: { count, bytes, growth, lives },
    missed: [
      bytes > most && `${bytes.toFixed(0)} bytes an email, more than ${most}.`,
      total !== count + 1 && `${total} emails are remembered, of ${count + 1}.`,
      lives.forever > 0 && `${lives.forever} keys have no end.`,
      lives.long > 10_001 && `${lives.long} emails are remembered for more than a day.`,
    ].filter(complaint => complaint !== false),
  }
}

const bands = [
  ['up to 30 minutes', 1800],
  ['up to 55 minutes', 3300],
  ['up to an hour', 3600],
  ['up to a day', 86_400],
  ['up to 29 days', 29 * 86_400],
  ['up to 30 days', 30 * 86_400],
] as const

/** How long the keys of the guesses still live. */
const livesOf = async (redis: Redis, progress: Needs['progress']) => {
  const counts = new Map<string, number>(bands.map(([name]) => [name, 0]))
  const found = { long: 0, short: 0, forever: 0, addresses: 0, longestS: 0, shortestMaxS: 0 }
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 5000)
    cursor = next
    const lives = await Promise.all(keys.map(async key => [key, await redis.pttl(key)] as const))
    for (const [key, ms] of lives) {
      const seconds = ms / 1000
      if (ms === -1) found.forever++
      // gone between the two questions
      if (ms < 0) continue
      if (!key.startsWith('guesses:')) {
        found.addresses++
        continue
      }
      const [band] = bands.find(([, most]) => seconds <= most) ?? ['longer']
      counts.set(band, (counts.get(band) ?? 0) + 1)
      if (seconds > 86_400) {
        found.long++
        found.longestS = Math.max(found.longestS, seconds)
      } else {
        found.short++
        found.shortestMaxS = Math.max(found.shortestMaxS, seconds)
      }
    }
    progress(`reading how long keys live: ${found.long + found.short}`)
  } while (cursor !== '0')
  return { ...found, rows: [...counts].filter(([, n]) => n > 0) }
}

const describe = (seconds: number): string =>
  seconds > 86_400 ? `${(seconds / 86_400).toFixed(1)} days` : `${(seconds / 60).toFixed(0)} minutes`
