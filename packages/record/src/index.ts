export { sha256 } from '#primitives'
export { CompactRange, type NodeVisitor } from './compact-range.ts'
export { EMPTY_ROOT, leafHash, nodeHash } from './merkle.ts'
