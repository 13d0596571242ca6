import { complaintsAbout } from './imports.ts'

describe('the rules of imports', () => {
  test.each([
    ['packages/service/src/a.ts', "import { x } from '@auth-pair/access-token'"],
    ['packages/access-token/src/a.ts', "import pg from 'pg'"],
    ['packages/access-token/src/a.ts', "import { Redis } from 'ioredis'"],
    ['packages/access-token/src/a.ts', "import { Problem } from '@auth-pair/service'"],
    ['packages/access-token/src/a.ts', "import type { Request } from 'express'"],
    ['packages/access-token/src/a.ts', "import { x } from './pair/settings.ts'"],
    ['packages/access-token/src/a/b.ts', "import { x } from '../sign.ts'"],
    ['packages/access-token/src/pair/a.ts', "import pg from 'pg'"],
    ['packages/client/src/a.ts', "import { Redis } from 'ioredis'"],
    ['packages/client/src/a.ts', "import { Problem } from '../../service/src/problems.ts'"],
    ['packages/client/src/core/a.ts', "import { open } from 'node:fs/promises'"],
    ['packages/client/src/core/a.ts', "import { fileStore } from '../file-store.ts'"],
    ['packages/client/src/browser/a.ts', "import { open } from 'node:fs/promises'"],
    ['packages/client/src/browser/a.ts', "import { fileStore } from '../file-store.ts'"],
    ['packages/pages/src/a.ts', "import { bearerToken } from '@auth-pair/access-token'"],
    ['test-server/src/app.ts', "import { createSigner } from '@auth-pair/access-token/sign'"],
    ['auth-server/src/accounts/a.ts', "import type { Session } from '../sessions/index.ts'"],
    ['auth-server/src/redis.ts', "import { x } from './sessions/index.ts'"],
    ['auth-server/src/app.ts', "import { x } from '@auth-pair/dev/stores'"],
    ['auth-server/src/app.ts', "import { x } from '@auth-pair/e2e/fault-proxy'"],
    ['auth-server/src/app.ts', 'const port = process.env.PORT'],
    ['auth-server/src/accounts/a.ts', "import { x } from './b'"],
  ])('%s may not say %s', (file, text) => {
    expect(complaintsAbout(file, text)).toHaveLength(1)
  })

  test.each([
    ['auth-server/src/app.ts', "import { x } from './sessions/index.ts'"],
    ['auth-server/src/accounts/a.ts', "import { x } from '../postgres.ts'"],
    ['auth-server/src/main.ts', 'start(process.env)'],
    ['auth-server/src/app.ts', "import { createSigner } from '@auth-pair/access-token/sign'"],
    ['packages/client/src/a.ts', "import { open } from 'node:fs/promises'"],
    ['packages/client/src/core/a.ts', "import { AuthError } from './auth-error.ts'"],
    ['packages/client/src/browser/a.ts', "import { AuthError } from '../core/index.ts'"],
    ['packages/client/build/a.ts', "import { build } from 'esbuild'"],
    ['packages/access-token/src/pair/a.ts', "import { Problem } from '@auth-pair/service'"],
    ['packages/access-token/src/pair/a.ts', "import { x } from '../verify.ts'"],
    ['packages/access-token/src/a.ts', "import jwt from 'jsonwebtoken'"],
    ['packages/access-token/src/a.ts', "import type { IncomingMessage } from 'node:http'"],
  ])('%s may say %s', (file, text) => {
    expect(complaintsAbout(file, text)).toEqual([])
  })
})
