import type { DocumentNode } from 'graphql'

const most = 100
/** Characters: more than the longest document that a client has a reason to send over and over. */
const longest = 1000

/**
 * Remembers documents that were parsed, and with them that they are valid: checking one costs more than all the rest of a small request.
 * SECURITY: none with a string in it, which may be a password; clients send such values as variables. Bounded, because anybody may send documents.
 */
export const createDocumentCache = () => {
  const documents = new Map<string, DocumentNode>()
  return {
    get: (text: string): DocumentNode | undefined => documents.get(text),
    set: (text: string, document: DocumentNode): void => {
      if (text.length > longest || text.includes('"')) return
      // whoever fills it with junk slows the others down by one check each
      if (documents.size >= most) documents.clear()
      documents.set(text, document)
    },
  }
}

/** What is no document is not worth remembering. */
export const noCache = { get: () => undefined, set: () => {} }
