/**
 * Calls the auth pair from Node: signs in, keeps the tokens of one user where it is told, renews them before they expire, and sends them to the services
 * that may have them. It knows the auth-server by HTTP alone: no secret, no other package of the pair.
 */
export { addAccessToken } from './add-access-token.ts'
export {
  type AuthClient,
  AuthError,
  type Change,
  type Clock,
  type Credentials,
  type FieldComplaint,
  type Options,
  type Passwords,
  type User,
} from './core/index.ts'
export { type AuthClientNeeds, createAuthClient } from './create-auth-client.ts'
export { fileStore } from './file-store.ts'
export { memoryStore } from './memory-store.ts'
export { type RedisCommands, redisStore } from './redis-store.ts'
export type { Store } from './store.ts'
export { withAccessToken } from './with-access-token.ts'
