/** `npm run build`: the packages that are published, ready for `npm pack` or `npm publish` in their folder `dist`. Nothing here runs them. */
import { join, relative } from 'node:path'
import { buildPackage } from './publishing/build-package.ts'
import { publishedPackages } from './publishing/published.ts'

const root = join(import.meta.dirname, '..', '..')

for (const published of publishedPackages) console.log(relative(root, await buildPackage(root, published)))
