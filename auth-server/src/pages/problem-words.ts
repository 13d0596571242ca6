import type { Problem } from '@auth-pair/service'

/** What went wrong, for a person: a headline, what to do, and which fields it is about. */
export interface Words {
  readonly title: string
  readonly text: string
  /** Complaints by the name of the field. */
  readonly fields: Readonly<Record<string, string>>
  /** Where to go from here, when there is somewhere better. */
  readonly link?: { readonly href: string; readonly text: string }
}

type Say = (problem: Problem) => Partial<Words> & { title: string }

const wait = ({ headers }: Problem): string => `Try again in ${inWords(Number(headers['Retry-After'] ?? 2))}.`

const tryAgain = 'Please try again.'

const words: Readonly<Record<string, Say>> = {
  'invalid-input': ({ errors = [] }) => {
    const fields = Object.fromEntries(errors.map(({ path, message }) => [path, message]))
    return { title: 'Please check what you entered', fields }
  },
  'invalid-credentials': () => ({
    title: 'That email and password do not match',
    fields: { email: 'Check the email.', password: 'Enter the password again.' },
  }),
  'email-taken': () => ({
    title: 'You may have an account already',
    text: 'There is already an account with this email.',
    fields: { email: 'There is already an account with this email.' },
    link: { href: '/sign-in', text: 'Sign in instead' },
  }),
  'current-password-wrong': () => ({
    title: 'Your password was not changed',
    fields: { currentPassword: 'This is not your current password.' },
  }),
  'recent-sign-in-required': () => ({
    title: 'Please sign in again first',
    text: 'To keep your account safe, this needs a sign-in within the last ten minutes.',
    link: { href: '/sign-in?again', text: 'Sign in again' },
  }),
  'too-many-api-tokens': () => ({
    title: 'You have as many tokens as there can be',
    text: 'Revoke one that you do not need, then make the new one.',
  }),
  'challenge-required': () => ({
    title: 'One more step',
    text: 'Many attempts came from your network. Enter your password again while your browser shows that you are not a robot.',
  }),
  'challenge-failed': () => ({
    title: 'The check for robots did not work',
    text: 'It may have taken too long. Enter your password again, wait until the check is done, and send the form.',
  }),
  'too-many-requests': problem => ({
    title: 'Too many attempts',
    text: `${wait(problem)} This keeps others from guessing passwords.`,
  }),
  busy: problem => ({
    title: 'Many people are signing in right now',
    text: `Nothing is wrong with what you entered. ${wait(problem)}`,
  }),
  unavailable: problem => ({
    title: 'This does not work at the moment',
    text:
      problem.detail ??
      `Something that we depend on does not answer. Nothing is wrong with your account. ${wait(problem)}`,
  }),
  'ambiguous-credentials': () => ({
    title: 'Your browser sent us two sign-ins at once',
    text: 'Delete the cookies of this site in your browser, then sign in again.',
    link: { href: '/sign-in', text: 'Sign in' },
  }),
  'return-address-unknown': () => ({
    title: 'The site that sent you here is not known',
    text: 'This sign-in does not lead back to that address. Tell whoever runs the site: its address has to be on the list of this server.',
    link: { href: '/account', text: 'Go to your account' },
  }),
  'cross-site-request': () => ({
    title: 'This form came from another site',
    text: 'We only take forms of our own pages. Open the page here and fill it in again.',
    link: { href: '/account', text: 'Go to your account' },
  }),
  'body-too-large': () => ({ title: 'That was too much text', text: 'Shorten what you entered, and try again.' }),
  'request-timeout': () => ({ title: 'Your connection is slow', text: `The form did not arrive in time. ${tryAgain}` }),
  'not-found': () => ({
    title: 'There is no such page',
    text: 'Check the address.',
    link: { href: '/account', text: 'Go to your account' },
  }),
}

const ourFault: Say = () => ({
  title: 'Something went wrong on our side',
  text: 'Please try again. If it happens again, tell whoever runs this site the reference below.',
})

const notUnderstood: Say = () => ({
  title: 'Your browser sent something that we do not understand',
  text: 'Open the page again, and fill it in once more.',
  link: { href: '/account', text: 'Go to your account' },
})

/** What a problem means to somebody who looks at a page. */
export const inHumanWords = (problem: Problem): Words => {
  const say = words[problem.code] ?? (problem.status >= 500 ? ourFault : notUnderstood)
  return { text: '', fields: {}, ...say(problem) }
}

const inWords = (seconds: number): string => {
  if (seconds <= 5) return 'a few seconds'
  if (seconds < 90) return `${seconds} seconds`
  if (seconds < 90 * 60) return `${Math.ceil(seconds / 60)} minutes`
  return `${Math.ceil(seconds / 3600)} hours`
}
