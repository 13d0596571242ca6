/**
 * Signing up, in and out, refreshing, and changing the password: the routes that give out and take back tokens, and the cookies they travel in. It is
 * handed what limits, challenges, accounts, passwords, sessions and the record of events can do, and decides nothing of its own
 * about any of them but their order: a guess is counted before anything is looked at.
 */
import type { Route } from '@auth-pair/service'
import { createAnswers } from './answer-tokens.ts'
import { changePasswordRoute } from './change-password.ts'
import { type InABrowser, inABrowser } from './in-a-browser.ts'
import type { SignInNeeds } from './needs.ts'
import { createOperations, type Operations } from './operations.ts'
import { refreshRoute } from './refresh.ts'
import { signInRoute } from './sign-in.ts'
import { signOutRoute } from './sign-out.ts'
import { signUpRoute } from './sign-up.ts'

export { createGiveTokens } from './answer-tokens.ts'
export { type CookiePolicy, type Cookies, createCookies } from './cookies.ts'
export { createRefreshByCookie } from './refresh-by-cookie.ts'

export interface SignIn {
  readonly routes: readonly Route[]
  readonly browser: InABrowser
  readonly operations: Operations
}

export const createSignIn = (needs: SignInNeeds): SignIn => {
  const answers = createAnswers(needs)
  // the most used first: the router looks at them in this order
  const routes = [
    refreshRoute(needs, answers),
    signInRoute(needs, answers),
    signUpRoute(needs, answers),
    signOutRoute(needs),
    changePasswordRoute(needs, answers),
  ]
  return { routes, browser: inABrowser(needs, answers), operations: createOperations(needs) }
}
