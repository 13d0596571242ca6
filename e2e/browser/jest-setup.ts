import startStores from '../../dev/src/jest-setup.ts'
import { findChromium } from './chromium.ts'

/** The stores of a test run, unless there is no Chromium to use them with. */
export default async function setUp(): Promise<void> {
  findChromium(process.env)
  await startStores()
}
