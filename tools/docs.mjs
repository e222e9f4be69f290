// Writes the generated documents: docs/reference/errors.md from the contracts' error table. `--check` writes nothing and fails when one
// is not what would be written.
import { readFileSync, writeFileSync } from 'node:fs'
import { renderErrorTable } from '@parley/contracts'

const documents = [
  {
    file: 'docs/reference/errors.md',
    text: `# Errors

Generated from packages/contracts/src/errors.ts by \`npm run docs\`. Every error answer has the shape
\`{message, code, details?, error_id?}\`; \`details\` names field, value and rule.

${renderErrorTable()}`,
  },
]

let stale = 0
for (const { file, text } of documents) {
  const path = new URL(`../${file}`, import.meta.url)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${file} is not what npm run docs writes`)
    stale += 1
  }
}
process.exitCode = stale > 0 ? 1 : 0
