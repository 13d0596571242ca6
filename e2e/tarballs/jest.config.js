/** What is published, packed and installed as its users do: by its own command, as it asks the package registry for what it depends on. */
import { transform } from '../../jest.config.js'

export default {
  rootDir: '.',
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  transform,
  globalSetup: './build.js',
  maxWorkers: 2,
  testTimeout: 120_000,
}
