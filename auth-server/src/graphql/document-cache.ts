import type { DocumentNode } from 'graphql'

const most = 100
/** Characters: more than the longest document that a client has a reason to send over and over. */
const longest = 1000

/**
 * Remembers documents that are valid, parsed: checking one costs more than all the rest of a small request.
 * SECURITY: none with a string in it, which may be a password; clients send such values as variables. Bounded, because anybody may send documents.
 */
export const createDocumentCache = () => {
  const documents = new Map<string, DocumentNode>()
  return {
    get: (text: string): DocumentNode | undefined => documents.get(text),
    /** Called for whatever was parsed; whether it is valid is not known yet. */
    set: () => {},
    /** Remembers a valid document. */
    keep: (document: DocumentNode): void => {
      const text = document.loc?.source.body
      if (text === undefined || text.length > longest || text.includes('"')) return
      // whoever fills it slows the others down by one check each
      if (documents.size >= most) documents.clear()
      documents.set(text, document)
    },
  }
}
