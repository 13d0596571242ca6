import { hash } from 'node:crypto'
import { pageHeaders } from '@auth-pair/pages'
import { open, type Route } from '@auth-pair/service'

const firstQuery = `# Make an account, and put the access token below, under Headers:
# { "authorization": "Bearer …" }
mutation {
  signUp(email: "grace@example.com", password: "correct horse battery") {
    accessToken
    refreshToken
  }
}
`

/** Side by side, a phone shows a letter a line of the answer. */
const narrow = `<style>
  @media (max-width: 640px) {
    .graphiql-container #graphiql-session { flex-direction: column }
    .graphiql-container :is(.graphiql-horizontal-drag-bar, .graphiql-logo) { display: none }
  }
</style>`

// SECURITY: what is typed here are passwords and tokens. They stay neither in the browser's storage nor, with the document, in the address
const keepNothing = { shouldPersistHeaders: false, storage: null, onEditQuery: null }

/** GraphiQL, for development: a page to try the schema on. It is several megabytes, so it is made when somebody first asks. */
export const graphiqlRoute = (path: string, https: boolean): Route => {
  let page: ReturnType<typeof makePage> | undefined
  return {
    method: 'get',
    path,
    guard: open,
    handle: [
      async (req, res) => {
        page ??= makePage(path, https)
        // what could not be read once may be there the next time
        page.catch(() => {
          page = undefined
        })
        const { html, headers } = await page
        headers(req, res, () => {})
        res.setHeader('Content-Type', 'text/html; charset=utf-8')
        res.end(html)
      },
    ],
  }
}

const makePage = async (path: string, https: boolean) => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const options = { endpoint: path, title: 'Auth pair: GraphQL', defaultQuery: firstQuery, ...keepNothing }
  const html = renderGraphiQL(options).replace('</head>', `${narrow}</head>`)
  // its one script is in the page; Monaco sets styles by script, and works in workers out of blobs
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'))
  const headers = pageHeaders({
    https,
    allows: {
      scriptSrc: [`'sha256-${hash('sha256', script, 'base64')}'`],
      styleSrc: ["'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ['data:'],
      workerSrc: ['blob:'],
      connectSrc: ["'self'"],
      formAction: ["'none'"],
    },
  })
  // once: the text would be encoded anew for each answer
  return { html: Buffer.from(html), headers }
}
