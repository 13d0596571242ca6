// Renders docs/auth-flow.md, diagrams included, to docs/auth-flow.pdf. Needs a Chromium: CHROMIUM=/path/to/it, or one where
// Debian puts it. The title holds a hash of the source, by which `npm run check` sees whether the PDF is of this text.
//
//   node docs/render/render.mjs
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
if (!existsSync(join(here, 'node_modules'))) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], {
    cwd: here,
    stdio: 'inherit',
  })
}
const { marked } = await import('marked')
const { chromium } = await import('playwright-core')

const markdown = readFileSync(join(here, '..', 'auth-flow.md'), 'utf8')
const title = `Auth flow ${createHash('sha256').update(markdown).digest('hex').slice(0, 16)}`
const body = marked
  .parse(markdown)
  .replace(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, '<pre class="mermaid">$1</pre>')

const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>
  body { font: 11pt/1.5 system-ui, sans-serif; color: #1b1f24; margin: 0 }
  h1 { font-size: 22pt; margin: 0 0 8mm } h2 { font-size: 14pt; margin: 0 0 4mm }
  h2, pre.mermaid { break-inside: avoid } h2 { break-after: avoid } pre.mermaid { margin: 0 0 10mm; text-align: center }
  pre.mermaid svg { max-width: 100%; max-height: 210mm }
</style></head><body>${body}</body></html>`

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
})
const page = await browser.newPage()
await page.goto(pathToFileURL(join(here, 'render.mjs')).href)
await page.setContent(html)
await page.addScriptTag({ path: join(here, 'node_modules', 'mermaid', 'dist', 'mermaid.min.js') })
await page.evaluate(async () => {
  globalThis.mermaid.initialize({ startOnLoad: false, theme: 'neutral' })
  await globalThis.mermaid.run()
})
await page.pdf({
  path: join(here, '..', 'auth-flow.pdf'),
  format: 'A4',
  margin: { top: '18mm', bottom: '18mm', left: '16mm', right: '16mm' },
})
await browser.close()
process.stdout.write(`docs/auth-flow.pdf: ${title}\n`)
