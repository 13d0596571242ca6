export default async function tearDown(): Promise<void> {
  for (const { close } of globalThis.embeddedStores) await close()
}
