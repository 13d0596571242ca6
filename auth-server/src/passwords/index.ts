/**
 * How passwords are chosen, stored and checked: the policy, and bcrypt-sha256 hashes with plain bcrypt ones accepted from
 * other systems. It never sees an account, a request or a database.
 */
export { maxPasswordLength, passwordComplaint } from './password-policy.ts'
export { createPasswords, type Passwords } from './passwords.ts'
