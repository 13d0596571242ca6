import { open, type Problem, type Route } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import { challengeFor } from './challenge-for.ts'
import type { PagesNeeds, PasswordForm } from './needs.ts'
import { inHumanWords } from './problem-words.ts'
import type { Sender } from './send.ts'
import { showAgain } from './show-problem.ts'
import type { Render } from './templates.ts'

/** What is said above the form of somebody who was sent here. */
const notices: Readonly<Record<string, string>> = {
  '?done=signed-out': 'You are signed out.',
  '?done=signed-out-everywhere': 'You are signed out on all your devices.',
  '?again': 'Sign in again to go on.',
}

/** Signing in and signing up: the same page twice, but for its words. */
export const credentialRoutes = (needs: PagesNeeds, render: Render, send: Sender): readonly Route[] => {
  const { challengeKind, passwordMinLength } = needs

  const pageOf = (name: 'sign-in' | 'sign-up') => (req: Request, problem?: Problem) => {
    const { email = '' } = (req.body ?? {}) as { email?: string }
    return render(name, {
      email,
      carried: carriedQuery(req),
      notice: notices[queryOf(req)],
      words: problem && inHumanWords(problem),
      challenge: challengeFor(problem, challengeKind),
      passwordMinLength,
    })
  }

  const routesOf = (name: 'sign-in' | 'sign-up', form: PasswordForm, before: RequestHandler): Route[] => {
    const page = pageOf(name)
    const keep: RequestHandler = (req, res, next) => {
      showAgain(res, problem => page(req, problem))
      next()
    }
    return [
      {
        method: 'get',
        path: `/${name}`,
        guard: open,
        handle: [before, (req, res) => send.page(res, 200, page(req))],
      },
      {
        method: 'post',
        path: `/${name}`,
        guard: open,
        handle: [
          keep,
          ...form.read,
          ...form.check,
          async (req, res) => send.redirect(res, 303, nextOf(req), await form.submit(req, res)),
        ],
      },
    ]
  }

  /** Whoever is signed in has no use for the form, unless a front end or the account page sent them for it. */
  const unlessSignedIn: RequestHandler = async (req, res, next) => {
    if (carriedQuery(req) || queryOf(req) === '?again') return next()
    if ((await needs.authenticate(req)).ok) send.redirect(res, 303, '/account')
    else next()
  }

  return [...routesOf('sign-in', needs.signIn, unlessSignedIn), ...routesOf('sign-up', needs.signUp, unlessSignedIn)]
}

const queryOf = (req: Request): string => new URL(req.url, 'http://x').search

/** The query of a front end that has sent somebody here; it goes on unchanged, and is checked where it is used. */
const carriedQuery = (req: Request): string => {
  const { search, searchParams } = new URL(req.url, 'http://x')
  return searchParams.has('redirect_uri') ? search : ''
}

/** SECURITY: only ever one of two addresses of this server; where a front end wants people back is not read here. */
const nextOf = (req: Request): `/${string}` => {
  const query = carriedQuery(req)
  return query ? `/api/authorize${query}` : '/account'
}
