/**
 * The HTTP shell that both servers share: it turns a table of guarded routes into an Express application with request ids,
 * one log line a request, strict JSON bodies, problems, security headers, CORS, health and an orderly stop, and reads
 * configuration from an environment. It knows nothing of users or databases, and of tokens only how a 401 asks for one.
 */

export { atMostEvery } from './at-most-every.ts'
export { countHeader } from './count-header.ts'
export { createService } from './create-service.ts'
export type { ShowProblem } from './exchange.ts'
export { formBody } from './form-body.ts'
export { healthRoutes } from './health.ts'
export { heldForMs } from './held-back.ts'
export { createHmacSha256 } from './hmac-sha256.ts'
export { createHttpServer, type HttpLimits, headerLimit, httpLimits, listen } from './http-server.ts'
export { jsonBody, optionalJsonBody } from './json-body.ts'
export { createLog, type Log, type LogLevel } from './log.ts'
export { bearerChallenge, type FieldComplaint, Problem, type ProblemCode, problems } from './problems.ts'
export { bodyLimit } from './read-text.ts'
export { open, type Route } from './route.ts'
export { runOrExplain } from './run-or-explain.ts'
export { type RunningService, runService, stopOnSignals } from './run-service.ts'
export { isPublishedSecret, secret } from './secret.ts'
export { sendEmpty, sendJson, sendNothing, sendSeeOther, sendText } from './send.ts'
export {
  ConfigurationError,
  type Environment,
  flag,
  isOrigin,
  list,
  oneOf,
  origin,
  readSecretFiles,
  readSettings,
  type SettingNotes,
  secretNames,
  sharedSettings,
  storeUrl,
  whole,
} from './settings.ts'
export { isWellFormedText, validBody, validForm, validInput } from './valid-body.ts'
export { isWanted, whileWanted } from './wanted.ts'
