import { diagnose, only, startAuth, startBetween } from './testing/index.ts'

jest.setTimeout(30_000)
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const started = async (settings: Record<string, string> = {}) => {
  const { url, close } = await startAuth(settings)
  closing.push(close)
  return url
}
const between = async (...[upstream, change]: Parameters<typeof startBetween>) => {
  const proxy = await startBetween(upstream, change)
  closing.push(proxy.close)
  return proxy.url
}
const about = (check: string, said: readonly string[]) => said.filter(line => line.startsWith(`${check}: `))

describe('the page to sign in on', () => {
  test('comes as it is', async () => {
    const said = only(await diagnose([await started()]), 'ok')
    expect(about('pages', said)).toEqual(['pages: The page to sign in on comes as it is, with what it loads.'])
  })

  test.each([
    [
      'answers it with a page of its own',
      '/sign-in',
      404,
      'pages: /sign-in answers 404 "text/html" instead of a page.',
    ],
    ['hides what it loads', '/assets', 404, 'pages: The style sheet of /sign-in does not load'],
  ])('is missed where something between %s', async (_how, path, status, complaint) => {
    const url = await between(await started(), {
      instead: (req, res) => {
        if (!req.url?.startsWith(path)) return false
        res.writeHead(status, { 'Content-Type': 'text/html' }).end('<h1>Not here</h1>')
        return true
      },
    })
    expect(about('pages', only(await diagnose([url])))).toEqual([expect.stringContaining(complaint)])
  })

  test('is missed without its policy', async () => {
    const url = await between(await started(), {
      answer: headers => headers.filter(([name]) => name.toLowerCase() !== 'content-security-policy'),
    })
    expect(about('pages', only(await diagnose([url])))).toEqual([
      expect.stringContaining('/sign-in comes without its Content-Security-Policy'),
    ])
  })
})

describe('GraphQL', () => {
  test.each([
    ['on', 'ok', 'graphql: GraphQL answers, and does not tell its schema.'],
    ['off', 'ok', 'graphql: GraphQL is turned off.'],
    ['development', 'note', 'graphql: GraphQL tells its schema to anybody, and has GraphiQL'],
  ] as const)('that is %s is said to be so', async (GRAPHQL, level, sentence) => {
    const said = only(await diagnose([await started({ GRAPHQL })]), level)
    expect(about('graphql', said)).toEqual([expect.stringContaining(sentence)])
  })

  test.each([
    ['no errors', { errors: [] }],
    ['what only looks like them', { data: true, errors: { length: 1 } }],
    ['a list in place of data', { data: [[]] }],
  ])('is not believed to answer with %s', async (_what, answer) => {
    const url = await between(await started(), {
      instead: (req, res) => {
        if (req.url !== '/graphql') return false
        res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
        return true
      },
    })
    expect(about('graphql', only(await diagnose([url])))).toEqual([expect.stringContaining('not as GraphQL does')])
  })

  test('that something between hides is missed', async () => {
    const url = await between(await started(), {
      instead: (req, res) => {
        if (req.url !== '/graphql') return false
        res.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not here</h1>')
        return true
      },
    })
    expect(about('graphql', only(await diagnose([url])))).toEqual([
      expect.stringContaining('graphql: /graphql answers 404, and not as GraphQL does.'),
    ])
  })
})
