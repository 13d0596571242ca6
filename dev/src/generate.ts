/** `npm run generate`: writes what `npm run check` compares. */
import { documents } from './documents.ts'

const written = await documents({ write: true })
console.log(written.length > 0 ? `Written: ${written.join(', ')}` : 'Everything was in step.')
process.exit(0)
