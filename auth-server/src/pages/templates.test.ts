import { pageAssets } from './assets.ts'
import { momentOf } from './dates.ts'
import { eventInWords } from './event-words.ts'
import { pageTemplates } from './templates.ts'

const render = pageTemplates('login.example.com', pageAssets().pathOf)
const now = Date.parse('2026-03-05T12:00:00Z')
const moment = momentOf('2026-03-05T11:00:00Z', now)

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '</textarea><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '{{constructor}} <%= 1 %> &lt;b&gt;',
  '\u202egnp.exe',
  '\u2028\u2029',
  '\ud800',
]

const account = (text: string) => ({
  email: text,
  since: moment,
  sessions: [{ id: text, device: text, ip: text, current: false, began: moment, used: moment }],
  events: [{ text, alarming: false, at: moment, ip: text, device: text }],
  tokens: [{ id: text, name: text, made: moment }],
  tokenEnds: [],
  passwordMinLength: 8,
  words: { title: text, text, fields: { name: text, currentPassword: text } },
  form: 'create-token',
  typed: { name: text },
})

const inert = (html: string): string =>
  html
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')

describe.each(hostile)('%j', text => {
  test.each([
    ['sign-in', { email: text, carried: text, words: { title: text, text, fields: { email: text } } }],
    [
      'sign-up',
      { email: text, carried: text, words: { title: text, text, fields: { email: text } }, passwordMinLength: 8 },
    ],
    ['account', account(text)],
    ['token-made', { token: text, name: text }],
    ['problem', { words: { title: text, text, fields: {}, link: { href: text, text } }, requestId: text }],
  ] as const)('stays text on the page %s', (name, data) => {
    const html = render(name, data)
    const [plain, same] = [
      render(name, JSON.parse(JSON.stringify(data).replaceAll(JSON.stringify(text), '"plain"'))),
      inert(text),
    ]
    // nothing but the text differs: no element, no attribute
    expect(html.replaceAll(same, 'plain')).toBe(plain)
    expect(html).not.toMatch(/<script>|<img src=x|onerror=alert\(1\)>/)
  })
})

test('text of others cannot turn the words around it', () => {
  const turned = '\u202egnp.exe'
  const data = account(turned)
  // these two are words of ours
  const events = data.events.map(event => ({ ...event, text: 'Signed in' }))
  const html = render('account', { ...data, events, words: undefined })
  const shown = html.replaceAll(/<(?!\/?bdi>)[^>]*>/g, '')
  expect(shown.split(turned).length - 1).toBeGreaterThanOrEqual(6)
  expect(shown.replaceAll(`<bdi>${turned}</bdi>`, '')).not.toContain('\u202e')
})

test('no page has script or style of its own, and all that it loads is ours', () => {
  const html = render('sign-up', { email: '', carried: '', challenge: 'altcha', passwordMinLength: 8 })
  expect(html).not.toMatch(/<style|style=|<script(?! type="module" src="\/assets\/)|javascript:|\son\w+=/)
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) expect(address).toMatch(/^\/(?!\/)/)
})

test.each([
  ['2026-03-05T11:59:40Z', 'just now'],
  ['2026-03-05T11:58:01Z', '1 minute ago'],
  ['2026-03-05T09:00:00Z', '3 hours ago'],
  ['2026-03-03T12:00:00Z', '2 days ago'],
  ['2026-01-31T23:59:00Z', 'on 31 January 2026'],
  ['2026-03-05T12:00:30Z', 'in less than a minute'],
  ['2026-03-12T12:00:00Z', 'in 7 days'],
  ['2027-03-05T12:00:00Z', 'on 5 March 2027'],
])('%s is %s', (at, text) => {
  expect(momentOf(at, now)).toEqual({ iso: at, text })
})

test('an event without words is called by its name', () => {
  const event = { reason: null, at: '', ip: null, device: null }
  expect(eventInWords({ ...event, event: 'signed-in' }).text).toBe('Signed in')
  expect(eventInWords({ ...event, event: 'second-factor-added' }).text).toBe('Second factor added')
})
