export { sha256 } from '#primitives'
