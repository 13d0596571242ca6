/** A process of its own that shares a session with others: `node share-a-session.ts URL file|redis PLACE`. */
import { Redis } from 'ioredis'
import { createAuthClient, fileStore, redisStore } from '../index.ts'

const [url = '', kind, place = ''] = process.argv.slice(2)
const redis = kind === 'redis' ? new Redis(process.argv[5] ?? '') : undefined
const client = createAuthClient({ url, store: redis ? redisStore({ redis, key: place }) : fileStore(place) })

process.stdout.write('ready\n')
process.stdin.once('data', async () => {
  const tokens = new Set(await Promise.all(Array.from({ length: 34 }, () => client.accessToken())))
  process.stdout.write([...tokens].join('\n'))
  process.stdin.destroy()
  redis?.disconnect()
})
