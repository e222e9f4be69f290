export { type CliProcess, runParley } from './app.ts'
export { EXIT } from './exit-codes.ts'
