import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createAssets, look } from '@auth-pair/pages'

const own = (name: string) => [join(import.meta.dirname, 'assets', name)]
const altcha = dirname(dirname(createRequire(import.meta.url).resolve('altcha/external')))

/** The files that these pages load. */
export const pageAssets = () =>
  createAssets({
    'pages.css': [look, ...own('pages.css')],
    'pages.js': own('pages.js'),
    'challenge.js': own('challenge.js'),
    'icon.svg': own('icon.svg'),
    'altcha.js': [join(altcha, 'external', 'altcha.min.js')],
    'altcha.css': [join(altcha, 'external', 'altcha.css')],
    'pbkdf2.js': [join(altcha, 'workers', 'pbkdf2.js')],
  })
