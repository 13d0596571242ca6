import { createVerifier } from '@auth-pair/access-token'
import { type BrowserSessionsNeeds, createBrowserSessions } from './index.ts'

const secret = 'of-a-test-that-connects-to-nothing-at-all'
const never = () => Promise.reject(new Error('nobody asks'))
const needs: BrowserSessionsNeeds = {
  redis: { get: never, set: never, expire: never, del: never, eval: never },
  secret,
  publicUrl: 'https://app.example.com',
  authServerPublicUrl: 'https://login.example.com',
  credentials: { service: 'app', secret },
  verifier: createVerifier({ secret, issuer: 'https://login.example.com', audience: 'auth-pair' }),
}

test('what works is made', () => {
  expect(Object.keys(createBrowserSessions({ ...needs, publicUrl: 'https://app.example.com/' })).sort()).toEqual([
    ...['finishSignIn', 'routes', 'session', 'signIn', 'signOut', 'signedIn'],
  ])
})

test.each([
  [{ secret: 'short' }, /secret: write at least 32 bytes/],
  [{ secret: [] }, /secret: write at least 32 bytes/],
  [{ secret: [secret, 'short'] }, /secret: write at least 32 bytes/],
  [{ publicUrl: 'https://app.example.com/path' }, /publicUrl: write an origin/],
  [{ publicUrl: 'ftp://app.example.com' }, /publicUrl: write an origin/],
  [{ authServerPublicUrl: 'login.example.com' }, /authServerPublicUrl: write an origin/],
  [{ authServerUrl: 'http://auth-server:3000/api' }, /authServerUrl: write an origin/],
  [{ credentials: { service: 'app', secret: 'short' } }, /32 bytes/],
  [{ idleS: 0 }, /idleS/],
  [{ absoluteS: Number.NaN }, /absoluteS/],
])('%j cannot work, and is said at once', (wrong, complaint) => {
  expect(() => createBrowserSessions({ ...needs, ...wrong })).toThrow(complaint)
})
