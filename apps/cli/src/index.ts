export { runParley } from './app.ts'
export type { CliProcess } from './context.ts'
export { EXIT } from './exit-codes.ts'
