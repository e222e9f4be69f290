import type { Finding } from '@parley/record'
import { countText } from '../format.ts'
import type { Language, Sentence } from '../i18n.ts'

/** Whether a finding is about what the entries say, and not about their being what was signed. */
export function isAboutContents({ kind }: Finding): boolean {
  return kind === 'replay' || kind === 'act' || kind === 'act-signature'
}

/** A finding of the verification as one sentence; its own English words are shown beside it. */
export function sentenceOf(of: Language, { kind, path, entries }: Finding): Sentence {
  const number = (value: number): string => countText(of, value)
  // The tree counts its entries from 0; the desk counts from 1, as the pool counts its decisions.
  const from = entries === null ? '—' : number(entries.from + 1)
  const to = entries === null ? '—' : number(entries.to)
  const file = path ?? '—'
  switch (kind) {
    case 'checkpoint-missing':
    case 'checkpoint-malformed':
    case 'checkpoint-signature':
      return { key: 'record.found-checkpoint' }
    case 'cosignature':
    case 'policy':
      return { key: 'record.found-cosignature' }
    case 'file-missing':
    case 'blob-missing':
      return { key: 'record.found-missing', args: { file } }
    case 'entry-altered':
    case 'entry-length-altered':
    case 'entry-moved':
    case 'entry-missing':
    case 'entry-inserted':
    case 'blob-altered':
      return { key: 'record.found-entry', args: { entry: from } }
    case 'consistency':
    case 'root':
      return { key: 'record.found-history' }
    case 'replay':
      return { key: 'record.found-replay', args: { seq: from } }
    case 'act':
    case 'act-signature':
      return { key: 'record.found-act', args: { entry: from } }
    case 'file-length':
    case 'bundle-ends-early':
    case 'bundle-trailing':
    case 'tile-altered':
    case 'subtree-altered':
    case 'undecided':
    case 'store':
      return entries === null
        ? { key: 'record.found-file', args: { file } }
        : { key: 'record.found-tree', args: { file, from, to } }
  }
}
