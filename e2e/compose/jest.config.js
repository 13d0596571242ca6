/** The containers, by their own command: they need a Docker engine, root on it, and the images that docker-compose.yml names. */
import { transform } from '../../jest.config.js'

export default {
  rootDir: '.',
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  transform,
  testTimeout: 120_000,
  // one stack at a time
  maxWorkers: 1,
}
