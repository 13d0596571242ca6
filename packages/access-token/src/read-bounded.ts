/** Reads a text that another server sends, in UTF-8, and no more of it than so many characters. Throws when it is longer. */
export const readBounded = async (body: AsyncIterable<Uint8Array>, longest: number): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > longest) throw new Error('The answer is too long.')
  }
  return text
}
