import type { Problem } from '@auth-pair/service'
import { tokenEnds } from './account-forms.ts'
import { challengeFor } from './challenge-for.ts'
import { momentOf } from './dates.ts'
import { eventInWords } from './event-words.ts'
import type { PagesNeeds, WhoAsks } from './needs.ts'
import { inHumanWords } from './problem-words.ts'
import type { Render } from './templates.ts'

/** How many events the page shows. */
const shownEvents = 15

/** What was just done, as it is told: the page after a form knows it by a word of its address, and shows no other text. */
const notices: Readonly<Record<string, string>> = {
  'session-ended': 'That device is signed out.',
  'others-ended': 'All other devices are signed out.',
  'password-changed': 'Your password is changed, and all other devices are signed out.',
  'token-revoked': 'That token does not work any more.',
}

interface Shown {
  readonly done?: string | undefined
  readonly problem?: Problem
  /** The form that the problem is about, and what was typed. */
  readonly form?: string
  readonly typed?: Readonly<Record<string, string>>
}

/** Reads all that the account page shows. Resolves to the function that writes it; undefined when there is no such account. */
export const createAccountPage =
  (needs: PagesNeeds, render: Render) =>
  async (who: WhoAsks): Promise<((shown: Shown) => string) | undefined> => {
    const [user, sessions, events, tokens] = await Promise.all([
      needs.userById(who.sub),
      needs.listSessions(who),
      needs.recentEvents(who.sub, shownEvents),
      needs.apiTokens.list(who.sub),
    ])
    if (!user) return undefined
    const now = needs.now()
    const moment = (at: string) => momentOf(at, now)
    const account = {
      email: user.email,
      since: moment(user.createdAt),
      sessions: [...sessions]
        .sort((a, b) => Number(b.current) - Number(a.current))
        .map(session => ({ ...session, began: moment(session.createdAt), used: moment(session.lastUsedAt) })),
      events: events.map(event => ({ ...event, ...eventInWords(event), at: moment(event.at) })),
      tokens: tokens.map(token => ({
        ...token,
        made: moment(token.createdAt.toISOString()),
        used: token.lastUsedAt && moment(token.lastUsedAt.toISOString()),
        ends: token.expiresAt && moment(token.expiresAt.toISOString()),
      })),
      tokenEnds,
      passwordMinLength: needs.passwordMinLength,
    }
    return ({ done = '', problem, form, typed = {} }) =>
      render('account', {
        ...account,
        notice: Object.hasOwn(notices, done) ? notices[done] : undefined,
        words: problem && inHumanWords(problem),
        form,
        typed,
        challenge: challengeFor(problem, needs.challengeKind),
      })
  }
