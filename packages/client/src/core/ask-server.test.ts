import { freePort } from '@auth-pair/dev/free-port'
import { createAsk } from './ask-server.ts'

test('the auth-server is not asked again after a pause in which the machine slept', async () => {
  let [slept, tries] = [0, 0]
  const ask = createAsk({
    url: `http://127.0.0.1:${await freePort()}`,
    fetch: (...what) => {
      tries++
      return fetch(...what)
    },
    clock: { wall: Date.now, steady: () => performance.now() + slept },
    random: () => 0.99,
  })
  setTimeout(() => {
    slept = 60_000
  }, 150)
  await expect(ask({ path: 'refresh', body: {} })).rejects.toMatchObject({ code: 'unavailable' })
  expect(tries).toBe(1)
})
