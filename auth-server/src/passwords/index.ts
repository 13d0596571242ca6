/**
 * How passwords are chosen, stored and checked: the policy, and bcrypt-sha256 hashes, with plain bcrypt ones accepted from
 * other systems, made in threads of their own. It never sees an account, a request or a database.
 */
export { calibrate } from './calibrate.ts'
export type { HashingPolicy } from './hashing-pool.ts'
export { maxPasswordLength, passwordComplaint } from './password-policy.ts'
export { createPasswords, type Passwords } from './passwords.ts'
