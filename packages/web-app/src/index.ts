/**
 * Browser sessions at an app of the auth pair. The browser gets a cookie with the id of a session and nothing else; the tokens are in the app's own
 * Redis, are renewed there, and never leave the server. The package knows the auth-server by its HTTP contract alone.
 */
export { type BrowserSessions, createBrowserSessions } from './create-browser-sessions.ts'
export type { Handler, Next } from './http.ts'
export type { AppCredentials, BrowserSessionsNeeds, Trouble } from './needs.ts'
export { answerProblem, type OnProblem, type Problem, type ProblemCode } from './problems.ts'
export type { RedisCommands } from './session-redis.ts'
