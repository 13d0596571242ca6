/** Settings for tests and measurements that sign up and in all the time, from one address: every limit at work, and none reached. */
export const wideLimits = {
  GUESSES_FREE: '100000',
  LIMIT_SIGN_INS: '100000000/1000',
  LIMIT_ALL_SIGN_INS: '100000000/1000',
  LIMIT_SIGN_UPS: '100000000/1000',
  LIMIT_FREE_SIGN_UPS: '100000000/1000',
  LIMIT_REFRESHES: '100000000/60',
  LIMIT_FAILED_CALLERS: '100000000/60',
} as const

/** For tests that send hundreds of sign-ups at once, on a machine that has other things to do. */
export const patientHashing = { HASHING_MAX_WAITING: '10000', HASHING_MAX_WAIT_MS: '4000' } as const
