import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Eta } from 'eta'

/** Writes a page: the name of its template, and what it shows. Everything that is shown is escaped. */
export type Render<Name extends string> = (name: Name, data: object) => string

interface TemplatesNeeds {
  /** Where the templates lie. */
  readonly folder: string
  /** What people know this server by. */
  readonly host: string
  /** The address of an asset. */
  readonly assetPath: (name: string) => string
}

/** Compiles all templates, once: a mistake in one shows at the start, and no file is read for a request. */
export const createTemplates = <Name extends string>({ folder, host, assetPath }: TemplatesNeeds): Render<Name> => {
  const eta = new Eta({ autoEscape: true, autoTrim: false })
  for (const file of readdirSync(folder)) {
    const name = `@${file.slice(0, -'.eta'.length)}`
    eta.loadTemplate(name, eta.compile(readFileSync(join(folder, file), 'utf8')))
  }
  return (name, data) => eta.render(`@${name}`, { host, assetPath, ...data })
}
