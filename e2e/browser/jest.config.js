/** The browser client in a real Chromium, against the real servers on the stores of the test run. */
import everythingElse from '../../jest.config.js'

const { transform, transformIgnorePatterns } = everythingElse

export default {
  rootDir: '.',
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  transform,
  transformIgnorePatterns,
  globalSetup: './jest-setup.ts',
  globalTeardown: '../../dev/src/jest-teardown.ts',
  maxWorkers: 1,
  testTimeout: 60_000,
}
