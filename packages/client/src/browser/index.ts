/**
 * The client for pages. It owns what tabs do together: take turns at the auth-server, and tell each other what came of it. When to refresh, what
 * to send and what an answer means is the core's. It has no dependency, and no place where a token outlives the page: the access token is
 * in memory, the refresh token in a cookie that no script can read.
 */

export type { AuthClient, Change, Credentials, Options, Passwords, User } from '../core/index.ts'
export { AuthError, type FieldComplaint } from '../core/index.ts'
export { type BrowserClientNeeds, createAuthClient } from './create-auth-client.ts'
