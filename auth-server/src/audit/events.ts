/**
 * The events of the record, by name. Names and meanings never change: what reads the record counts on them. Beside each stands its name in
 * the OWASP Logging Vocabulary, for those who collect from many systems; some have none there.
 */
export const events = {
  'signed-up': {
    outcome: 'success',
    owasp: 'user_created',
    about: 'An account was made, and its first session opened; none by `register` of GraphQL.',
  },
  'signed-in': {
    outcome: 'success',
    owasp: 'authn_login_success',
    about:
      'A session was opened. The reason is `token-stays` where its refresh token stays the same (`login` of GraphQL).',
  },
  'signed-in-by-redirect': {
    outcome: 'success',
    owasp: 'authn_login_success',
    about:
      'A front end was signed in from the session of a browser, whose address and device stand here. The reason names the front end.',
  },
  'sign-in-failed': {
    outcome: 'failure',
    owasp: 'authn_login_fail',
    about:
      'Reason `unknown-account`, `wrong-password` (also where the password is changed) or `account-disabled` (with the right password). Sampled.',
  },
  'signed-out': { outcome: 'success', owasp: 'authn_token_revoked', about: 'A session was ended by its own token.' },
  'session-revoked': {
    outcome: 'success',
    owasp: 'authn_token_revoked',
    about: 'The user ended one session, or all others: one event for each. Address and device are those of who asked.',
  },
  'signed-out-everywhere': {
    outcome: 'success',
    owasp: 'authn_token_revoked',
    about: 'The user ended all sessions.',
  },
  'session-evicted': {
    outcome: 'success',
    owasp: 'session_expired',
    about: 'The oldest session made room for a new one, whose address and device stand here.',
  },
  'ended-with-family': {
    outcome: 'success',
    owasp: 'authn_token_revoked',
    about: 'A session ended because another one of the same sign-in did.',
  },
  'code-reused': {
    outcome: 'failure',
    owasp: 'authn_token_reuse',
    about:
      'A code was redeemed a second time: it was stolen, or a front end asked twice. The session that it had opened has ended.',
  },
  'token-reuse-detected': {
    outcome: 'failure',
    owasp: 'authn_token_reuse',
    about: 'A retired refresh token came back: it was stolen, or its successor was. The session has ended.',
  },
  'account-disabled': {
    outcome: 'success',
    owasp: 'user_updated',
    about: 'An operator has disabled the account. Its sessions have ended, and its API tokens are gone for good.',
  },
  'account-enabled': {
    outcome: 'success',
    owasp: 'user_updated',
    about: 'An operator lets the account sign in again.',
  },
  'password-rehashed': {
    outcome: 'success',
    owasp: 'user_updated',
    about: 'The hash was of another format or cost, and was rewritten at a sign-in. The password is the same.',
  },
  'password-changed': {
    outcome: 'success',
    owasp: 'authn_password_change',
    about: 'The user has chosen another password. All sessions have ended; the one that was opened is `signed-in`.',
  },
  'api-token-made': {
    outcome: 'success',
    owasp: 'authn_token_created',
    about: 'The user made an API token. Its id stands in the place of that of a session.',
  },
  'api-token-revoked': {
    outcome: 'success',
    owasp: 'authn_token_revoked',
    about:
      'The user revoked an API token, or a service or client did that was shown it. Its id stands in the place of that of a session.',
  },
  'limit-reached': {
    outcome: 'failure',
    owasp: 'excess_rate_limit_exceeded',
    about: 'An attempt was refused because there had been too many. The reason names the limit. Sampled.',
  },
  'challenge-failed': {
    outcome: 'failure',
    owasp: 'sequence_fail',
    about: 'A challenge was not solved, or its solution not accepted. Sampled.',
  },
} as const satisfies Record<string, { outcome: 'success' | 'failure'; owasp: string; about: string }>

export type EventName = keyof typeof events

/** Events that anybody can cause as often as they like. They are collected, sampled, and counted exactly. */
export type NotedEvent = 'sign-in-failed' | 'limit-reached' | 'challenge-failed'

export const isEventName = (name: string): name is EventName => Object.hasOwn(events, name)
