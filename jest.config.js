/**
 * Every suite of the project but those of the containers, the browser and the published packages. Without TEST_DATABASE_URL and TEST_REDIS_URL it runs on embedded
 * stores; `*.real.test.ts` need real servers (several sessions, restarts) and run only with them.
 */
const real = process.env.TEST_DATABASE_URL && process.env.TEST_REDIS_URL

export const transform = {
  '^.+\\.(ts|m?js)$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'commonjs' }, sourceMaps: 'inline' },
  ],
}

export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/e2e/compose/',
    '/e2e/browser/',
    '/e2e/tarballs/',
    ...(real ? [] : ['\\.real\\.test\\.ts$']),
  ],
  // what is built for publishing has the names of what it is built from
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/'],
  transform,
  // published as ECMAScript modules only
  transformIgnorePatterns: [
    '/node_modules/(?!(@seriousme|oauth4webapi|yaml|node-pg-migrate|glob|minimatch|path-scurry|lru-cache|minipass|brace-expansion|balanced-match)/)',
  ],
  globalSetup: './dev/src/jest-setup.ts',
  globalTeardown: './dev/src/jest-teardown.ts',
  maxWorkers: 2,
  testTimeout: 15_000,
}
